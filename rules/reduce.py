"""Reductions with a limit."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.facts import attribute, ints
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .limits import too_long


@rule("SF118", "Reduction", OPERATORS, ops=("ReduceL2", "ArgMax"))
def reduction(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A norm over too many axes, or an ArgMax over too long an axis.

    ReduceMean, ReduceSum and ReduceMax take any axes. ReduceL2 must leave the
    batch and at least one more axis alone, and not reduce them all; ArgMax
    takes an axis of at most ${operators.operators.ArgMax.longest_axis}.

    Fails:
        (float[1,16,32,32] x) => (float[1,1,1,1] y) { y = ReduceL2 <axes = [1, 2, 3]> (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,1,32,32] y) { y = ReduceL2 <axes = [1]> (x) }

    Fix: write a norm over everything as Sqrt(ReduceSum(x * x)); take the ArgMax over the channels, or of a smaller map.
    """
    if node.op == "ReduceL2":
        yield from _norm(graph, node)
        return
    axis = attribute(node, "axis", facts)
    size = too_long(graph, node, axis, facts["longest_axis"])
    if size is not None:
        yield Issue(
            "Size of reduced axis must not exceed 16K",
            "take the ArgMax over a smaller map, or in two stages",
            f"axis {axis} has {size}",
        )


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
        yield Issue("norm on all axes is not supported", _SQRT, named)
    elif 0 in chosen:
        yield Issue("Norm along batch is invalid", "leave axis 0 out: the batch is 1", named)
    elif len(shape) - len(chosen) < _REST:
        yield Issue(
            "input shape rank must have at least two other dimensions not stated in axes list",
            _SQRT,
            f"{named} of {shape}",
        )


_REST = 2
"""Axes that a norm must leave alone, the batch among them."""
_SQRT = "write the norm as Sqrt(ReduceSum(x * x)), whose parts take any axes"
