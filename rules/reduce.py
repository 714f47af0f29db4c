"""Reductions with a limit."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.graph.view import View
from sensorfit.verify.facts import attribute, ints
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .limits import too_long


@rule("SF118", "Reduction", OPERATORS, ops=("ReduceL2", "ReduceSum", "ArgMax"))
def reduction(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A norm over too many axes, or an ArgMax over too long an axis.

    ReduceMean, ReduceSum and ReduceMax take any axes. ReduceL2 must leave the
    batch and at least one more axis alone, and not reduce them all, and so must
    Sqrt(ReduceSum(x * x)), which the front end reads as one; ArgMax takes an
    axis of at most ${operators.operators.ArgMax.longest_axis}.

    Fails:
        (float[1,16,32,32] x) => (float[1,1,1,1] y) { y = ReduceL2 <axes = [1, 2, 3]> (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,1,32,32] y) { y = ReduceL2 <axes = [1]> (x) }

    Fix: put two axes of 1 in front with a Reshape, and back behind the norm; take the ArgMax over the channels, or of a
    smaller map.
    """
    if node.op == "ReduceL2" or (node.op == "ReduceSum" and spells_norm(graph, node)):
        yield from _norm(graph, node)
    if node.op != "ArgMax":
        return
    axis = attribute(node, "axis", facts)
    size = too_long(graph, node, axis, facts["longest_axis"])
    if size is not None:
        yield Issue(
            "Size of reduced axis must not exceed 16K",
            "take the ArgMax over a smaller map, or in two stages",
            f"axis {axis} has {size}",
        )


def spells_norm(graph: Graph, node: Node) -> bool:
    """Whether a ReduceSum is that of Sqrt(ReduceSum(x * x)), with nothing read between."""
    view, total = View(graph), node.outputs[0]
    root = view.only_user(total, "Sqrt", "Pow")
    square = view.made_by(node.inputs[0], "Mul", "Pow")
    if root is None or square is None or graph.only_reader(node.inputs[0]) is not node:
        return False
    if root.op == "Pow" and (root.inputs[0] != total or view.scalar(root.inputs[1]) != 0.5):
        return False
    same = square.inputs[0] == square.inputs[1] if square.op == "Mul" else view.scalar(square.inputs[1]) == 2
    return same and node.inputs[0] not in graph.outputs


def _norm(graph: Graph, node: Node) -> Iterator[Issue]:
    shape, axes = graph.shape(node.inputs[0]), node.attrs.get("axes")
    if axes is None and node.input(1):
        axes = ints(graph, node.input(1))
        if axes is None:
            return  # SF104
    if shape is None:
        return
    chosen = {a % len(shape) for a in axes or () if shape}
    named = f"axes {None if axes is None else tuple(axes)}"
    if not chosen or len(chosen) == len(shape):
        if node.op == "ReduceL2":  # spelled out, it is not read as a norm
            yield Issue("norm on all axes is not supported", _RESHAPE, named)
    elif 0 in chosen:
        yield Issue("Norm along batch is invalid", "leave axis 0 out: the batch is 1", named)
    elif len(shape) - len(chosen) < _REST:
        yield Issue(
            "input shape rank must have at least two other dimensions not stated in axes list",
            _RESHAPE,
            f"{named} of {shape}",
        )


_REST = 2
"""Axes that a norm must leave alone, the batch among them."""
_RESHAPE = "put two axes of 1 in front with a Reshape, take the norm over the axes behind, and Reshape back"
