"""Logarithm by operators that the converter has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

LOWEST: Final = 2.0**-20
HIGHEST: Final = 2.0**20
STEPS: Final = 10
"""Halley's steps from 0: each goes 2 towards log x, which is 13.9 at most, and triples the digits once it is near."""


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
    """Log(x) within 1e-4 for x from 2^-20 to 2^20, by Halley's steps on e^y = x; the logarithm of the nearer end elsewhere.

    y += 2 (x - e^y) / (x + e^y), ten times from 0.
    """
    draft = site.draft()
    x = draft.op("Clip", site.node.inputs[0], draft.number(LOWEST), draft.number(HIGHEST))
    one, two = draft.number(1.0), draft.number(2.0)
    y = draft.op("Div", draft.op("Mul", draft.op("Sub", x, one), two), draft.op("Add", x, one))
    for _ in range(STEPS - 1):
        e = draft.op("Exp", y)
        step = draft.op("Div", draft.op("Mul", draft.op("Sub", x, e), two), draft.op("Add", x, e))
        y = draft.op("Add", y, step)
    yield draft.gives(y)
