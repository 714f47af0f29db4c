"""Norms by the sums and norms that the converter has."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph.ir import Node
from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._reduced import reduced
from .reductions import axes_of

MOST_AXES = 6
"""Of a tensor that the converter takes."""


@rewrite(
    "RW316",
    "NormsBySums",
    answers=("SF101", "SF118"),
    ops=("ReduceL1", "ReduceL2", "ReduceSum"),
    proof="sampled",
    kind="rounding",
    units=16.0,
)
def norms(site: Site) -> Iterator[Draft]:
    """ReduceL1(x) = ReduceSum(|x|), ReduceL2(x) = Sqrt(ReduceSum(x x)) behind a 1 or two in front.

    The definitions; a sum takes any axes. The front end reads Sqrt(ReduceSum(x x)) as a norm, and a norm leaves two axes alone:
    x of (1, C) is (1, 1, C), of which the norm takes the same cells.
    """
    axes, x = axes_of(site), site.node.inputs[0]
    if axes is None:
        return
    if site.node.op == "ReduceL1":
        draft = site.draft(form="sum")
        total = reduced(draft, "ReduceSum", draft.op("Abs", x), axes, int(site.attr("keepdims", 1)))
        yield draft.gives(total)
        return
    nodes = [site.node]
    if site.node.op == "ReduceSum":
        around = _spelled(site)
        if around is None:
            return
        square, root = around
        x, nodes = square.inputs[0], [square, site.node, root]
    shape = site.shape(x)
    more = 2 if 0 in axes or len(shape) == len(axes) else 1
    if not shape or len(shape) + more > MOST_AXES:
        return
    draft = site.draft(*nodes, form="norm")
    raised = draft.reshape(x, (*[1] * more, *shape))
    y = reduced(draft, "ReduceL2", raised, [a + more for a in axes])
    yield draft.gives(draft.reshape(y, site.shape(nodes[-1].outputs[0])))


def _spelled(site: Site) -> tuple[Node, Node] | None:
    """The square before and the root behind a sum."""
    square = site.view.made_by(site.node.inputs[0], "Mul", "Pow")
    root = site.view.only_user(site.node.outputs[0], "Sqrt", "Pow")
    return None if square is None or root is None else (square, root)
