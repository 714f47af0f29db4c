"""Softplus with PyTorch's threshold."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

TOLERANCE: Final = 1e-6
LEAST: Final = 17.0
"""From here on log(1 + exp(x)) is x in float32: exp(-17) is below half a unit of 17."""


@rewrite(
    "RW213",
    "SoftplusOfAll",
    answers=("SF101",),
    ops=("Where",),
    proof="elementwise",
    kind="rounding",
    units=4.0,
    stage="file",
)
def softplus(site: Site) -> Iterator[Draft]:
    """Where(b x > t, x, Softplus(b x) / b) with t of 17 or more as Softplus(b x) / b.

    PyTorch's Softplus, as its exporter writes it with functions. Beyond t both are x: log(1 + exp(z)) = z + log(1 + exp(-z)),
    and exp(-17) = 4e-8 is less than half a unit of float32 at 17.
    """
    condition, x, other = site.node.inputs
    more = site.view.made_by(condition, "Greater")
    limit = site.view.scalar(more.inputs[1]) if more is not None else None
    if more is None or limit is None or limit < LEAST or site.shape(x) != site.y:
        return
    scaled, factor, first = site.view.scaled(more.inputs[0])
    inner, share, last = site.view.scaled(other)
    curve = site.view.made_by(inner, "Softplus")
    if curve is None or curve.inputs[0] != more.inputs[0] or scaled != x or factor <= 0:
        return
    nodes = (*first, more, curve, *last, site.node)
    if isclose(factor * share, 1, rel_tol=TOLERANCE) and site.alone(*nodes):
        draft = site.draft(*nodes)
        z = x if factor == 1 else draft.op("Mul", x, draft.number(factor))
        y = draft.op("Softplus", z)
        yield draft.gives(y if factor == 1 else draft.op("Div", y, draft.number(factor)))
