"""A comparison that chooses between x and a line of x."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ...graph.ir import Node
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
    """Where(x > 0, x, a x) as LeakyRelu, Where(x > t, x, t) as Max, Where(x > t, x - t, 0) as Relu(x - t).

    Greater, Less and their kin with operands and branches in any order: Where(x < t, x, t) is Min. At the border both branches
    are equal, so it does not matter to which the comparison gives it.
    """
    choice = choice_of(site)
    edge = site.view.scalar(choice.right) if choice is not None else None
    if choice is None or edge is None or site.is_constant(choice.left):
        return
    test, left, right, over, under = choice
    slope = _slope(site, left, under)
    if edge == 0 and over == left and slope is not None:
        draft = site.draft(test, site.graph.producer_of(under), site.node)  # type: ignore[arg-type]
        yield draft.gives(draft.op("LeakyRelu", left, alpha=slope))
    elif left in (over, under) and site.view.scalar(under if over == left else over) == edge:
        draft = site.draft(test, site.node)
        yield draft.gives(draft.op("Max" if over == left else "Min", left, right))
    else:
        other = under if site.view.scalar(over) is None else over
        apart = _apart(site, over if other == under else under, left, edge)
        if apart is not None and site.view.scalar(other) == 0:
            draft = site.draft(test, apart, site.node)
            y = draft.op("Sub", left, draft.number(edge))
            yield draft.gives(
                draft.op("Relu", y) if other == under else draft.op("Min", y, draft.number(0.0))
            )


@rewrite("RW364", "WhereAsExtreme", answers=("SF101",), ops=("Where",), proof="permutation")
def extreme(site: Site) -> Iterator[Draft]:
    """Where(x > y, x, y) as Max(x, y), and Where(x > y, y, x) as Min(x, y)."""
    choice = choice_of(site)
    if choice is None or {choice.over, choice.under} != {choice.left, choice.right}:
        return
    if site.is_constant(choice.left) or site.is_constant(choice.right):
        return
    draft = site.draft(choice.test, site.node)
    op = "Max" if choice.over == choice.left else "Min"
    yield draft.gives(draft.op(op, choice.left, choice.right))


class Choice(NamedTuple):
    """Where(left > right, over, under), whichever way it is written."""

    test: Node
    left: str
    right: str
    over: str
    under: str


def choice_of(site: Site) -> Choice | None:
    """The comparison of a Where that nothing else reads, a constant on its right; None where it is none."""
    condition, a, b = site.node.inputs
    test = site.view.made_by(condition, *COMPARED)
    if test is None or site.graph.only_reader(condition) is not site.node:
        return None
    left, right = test.inputs
    above = test.op.startswith("Greater")
    if site.is_constant(left):
        left, right, above = right, left, not above
    return Choice(test, left, right, *((a, b) if above else (b, a)))


def _apart(site: Site, tensor: str, x: str, edge: float) -> Node | None:
    """The node that makes x - edge, read here only."""
    node = site.view.made_by(tensor, "Sub", "Add")
    if node is None or site.graph.only_reader(tensor) is not site.node:
        return None
    if node.op == "Sub":
        return node if node.inputs[0] == x and site.view.scalar(node.inputs[1]) == edge else None
    return node if site.view.split(node) == (x, -edge) else None


def _slope(site: Site, x: str, tensor: str) -> float | None:
    """a where ``tensor`` is a x, made by a Mul that only this node reads."""
    node = site.view.made_by(tensor, "Mul")
    parts = site.view.split(node) if node is not None else None
    mine = site.graph.only_reader(tensor) is site.node
    return parts[1] if mine and parts is not None and parts[0] == x else None
