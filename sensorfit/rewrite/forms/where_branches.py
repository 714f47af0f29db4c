"""A comparison that chooses between two functions of x that meet there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

from ...graph.ir import Node
from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .where_compared import choice_of

FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: a / b,
    "Neg": lambda a: -a,
    "Abs": abs,
    "Exp": math.exp,
    "Sqrt": math.sqrt,
    "Pow": lambda a, b: a**b,
    "Sin": math.sin,
    "Cos": math.cos,
    "Tanh": math.tanh,
    "Erf": math.erf,
    "Relu": lambda a: max(a, 0.0),
    "Sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "Softplus": lambda a: math.log1p(math.exp(-abs(a))) + max(a, 0.0),
}
MOST: Final = 24
"""Nodes of a branch."""
MEET: Final = 1e-6
"""How far apart float32's constants may leave the branches at the border, relative."""


@rewrite(
    "RW366",
    "WhereOfBranches",
    answers=("SF101",),
    ops=("Where",),
    proof="elementwise",
    kind="rounding",
    units=16.0,
)
def branches(site: Site) -> Iterator[Draft]:
    """Where(x > t, f(x), g(x)) with f(t) = g(t) as f(Max(x, t)) + g(Min(x, t)) - f(t).

    Above t the second term is g(t) = f(t) and goes with the third, below it the first does. Where the branches do not meet the
    function jumps, which no sum of such terms does.
    """
    choice = choice_of(site)
    edge = site.view.scalar(choice.right) if choice is not None else None
    if choice is None or edge is None or site.is_constant(choice.left):
        return
    x = choice.left
    over, under = (branch_of(site, x, t) for t in (choice.over, choice.under))
    if over is None or under is None:
        return
    ends = [at(site, b, t, x, edge) for b, t in ((over, choice.over), (under, choice.under))]
    if ends[0] is None or ends[1] is None or abs(ends[0] - ends[1]) > MEET * max(1.0, abs(ends[0])):
        return
    mine = {choice.test.name, site.node.name} | {n.name for n in (*over, *under)}
    nodes = [n for n in site.graph.nodes if n.name in mine]
    if not site.alone(*nodes):
        return
    draft = site.draft(*nodes)
    parts = []
    for branch, tensor, above in ((over, choice.over, True), (under, choice.under, False)):
        if branch or tensor == x:
            parts.append(copied(draft, branch, tensor, x, held_at(draft, x, edge, above)))
    if len(parts) == 2 and ends[0]:
        parts.append(draft.number(-ends[0]))
    if parts:
        yield draft.gives(draft.add_all(parts))


def branch_of(site: Site, x: str, tensor: str) -> list[Node] | None:
    """The nodes that make ``tensor`` of ``x`` and constants of one element alone, in order; None where it is made otherwise."""
    found: dict[str, Node] = {}

    def walk(name: str) -> bool:
        if name == x or site.view.scalar(name) is not None:
            return True
        node = site.view.made_by(name, *FUNCTIONS)
        if node is None or len(found) > MOST:
            return False
        if all(walk(i) for i in node.inputs):
            found[node.name] = node
            return True
        return False

    return [*found.values()] if walk(tensor) else None


def at(site: Site, branch: list[Node], tensor: str, x: str, edge: float) -> float | None:
    """The value of a branch at the border; None where it is no number there."""
    values = {x: edge}

    def value(name: str) -> float:
        return values[name] if name in values else float(site.view.scalar(name) or 0.0)

    try:
        for node in branch:
            values[node.outputs[0]] = FUNCTIONS[node.op](*(value(i) for i in node.inputs))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value(tensor)


def held_at(draft: Draft, x: str, edge: float, above: bool) -> str:
    """Max(x, edge) where the branch counts above it, else Min."""
    if above and edge == 0:
        return str(draft.op("Relu", x))
    return str(draft.op("Max" if above else "Min", x, draft.number(edge)))


def copied(draft: Draft, branch: list[Node], tensor: str, x: str, held: str) -> str:
    """The branch with ``held`` in the place of x."""
    names = {x: held}
    for node in branch:
        names[node.outputs[0]] = draft.op(node.op, *(names.get(i, i) for i in node.inputs), **node.attrs)
    return names[tensor]
