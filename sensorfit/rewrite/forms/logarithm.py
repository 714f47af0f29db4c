"""Logarithm by operators that the converter has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

LOWEST: Final = 2.0**-20
HIGHEST: Final = 2.0**20


@rewrite(
    "RW233",
    "LogByHalley",
    answers=("SF101",),
    ops=("Log",),
    proof="elementwise",
    kind="approximate",
    bound=1e-4,
    over=(LOWEST, HIGHEST),
)
def log(site: Site) -> Iterator[Draft]:
    """Log(x) within 1e-4 for x from 2^-20 to 2^20, by two roots and five Halley's steps; the logarithm of the nearer end elsewhere."""
    draft = site.draft(form="clipped")
    x = draft.op("Clip", site.node.inputs[0], draft.number(LOWEST), draft.number(HIGHEST))
    yield draft.gives(_by_roots(draft, x, 2, 5))


@rewrite(
    "RW234",
    "LogByRoots",
    answers=("SF101",),
    ops=("Log",),
    proof="elementwise",
    kind="rounding",
    units=64.0,
)
def every(site: Site) -> Iterator[Draft]:
    """Log(x) = 16 log(x^(1/16)): four square roots, and the logarithm of what is left in Halley's steps.

    The root r of any float32 lies between 2^-9.4 and 2^8. y = log r solves e^y = r: y += 2 (r - e^y) / (r + e^y), six times
    from 0; a step goes 2 towards it at most and triples the digits once it is near. The rounding of r counts 16 times: within
    27 units. Log(1 + Exp(x)) is another rewrite's, which needs no logarithm.
    """
    total = site.view.made_by(site.node.inputs[0], "Add")
    if total is not None and any(site.view.made_by(t, "Exp") is not None for t in total.inputs):
        return
    draft = site.draft(form="roots")
    yield draft.gives(_by_roots(draft, site.node.inputs[0], 4, 6))


def _by_roots(draft: Draft, x: str, roots: int, steps: int) -> str:
    """2^roots log(x^(1 / 2^roots)), the logarithm in so many of Halley's steps."""
    for _ in range(roots):
        x = draft.op("Sqrt", x)
    one, two = draft.number(1.0), draft.number(2.0)
    y = draft.op("Div", draft.op("Mul", draft.op("Sub", x, one), two), draft.op("Add", x, one))
    for _ in range(steps - 1):
        e = draft.op("Exp", y)
        step = draft.op("Div", draft.op("Mul", draft.op("Sub", x, e), two), draft.op("Add", x, e))
        y = draft.op("Add", y, step)
    return str(draft.op("Mul", y, draft.number(2.0**roots)))
