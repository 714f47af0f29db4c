"""A comparison that chooses between x and a line of x."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

COMPARED: Final = ("Greater", "GreaterOrEqual", "Less", "LessOrEqual")


@rewrite(
    "RW363",
    "WhereOfItself",
    answers=("SF101",),
    ops=("Where",),
    proof="elementwise",
    kind="rounding",
    units=1.0,
)
def slopes(site: Site) -> Iterator[Draft]:
    """Where(x > 0, x, a x) as LeakyRelu, and Where(x > t, x, t) as Max.

    Greater, Less and their kin with operands and branches in any order: Where(x < t, x, t) is Min. At the border both branches
    are equal, so it does not matter to which the comparison gives it.
    """
    condition, a, b = site.node.inputs
    test = site.view.made_by(condition, *COMPARED)
    if test is None or site.graph.only_reader(condition) is not site.node:
        return
    left, right = test.inputs
    above = test.op.startswith("Greater")
    if site.is_constant(left):
        left, right, above = right, left, not above
    edge = site.view.scalar(right)
    if edge is None or site.is_constant(left):
        return
    over, under = (a, b) if above else (b, a)  # what is taken above the edge, and below
    slope = _slope(site, left, under)
    if edge == 0 and over == left and slope is not None:
        draft = site.draft(test, site.graph.producer_of(under), site.node)  # type: ignore[arg-type]
        yield draft.gives(draft.op("LeakyRelu", left, alpha=slope))
    elif left in (over, under) and site.view.scalar(under if over == left else over) == edge:
        draft = site.draft(test, site.node)
        yield draft.gives(draft.op("Max" if over == left else "Min", left, right))


def _slope(site: Site, x: str, tensor: str) -> float | None:
    """a where ``tensor`` is a x, made by a Mul that only this node reads."""
    node = site.view.made_by(tensor, "Mul")
    parts = site.view.split(node) if node is not None else None
    mine = site.graph.only_reader(tensor) is site.node
    return parts[1] if mine and parts is not None and parts[0] == x else None
