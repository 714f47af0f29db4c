"""The first axis is the batch, and stays it."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.facts import attribute
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF107", ops="*")
def batch_axis(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """An operator that works along the batch axis.

    The sensor runs one image: axis 0 is the batch and no operator may
    concatenate, split, gather, reduce by ArgMax or normalise by Softmax along it.

    Fails:
        (float[1,16,32,32] x) => (float[2,16,32,32] y) { y = Concat <axis = 0> (x, x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,32,32,32] y) { y = Concat <axis = 1> (x, x) }

    Fix: keep axis 0 for the batch of one: move what you stacked there to the channels, or run the branches one after
    the other.
    """
    reason = facts.get("batch") if not node.domain else None
    if reason is None or node.op == "Softmax":  # SF201 speaks for Softmax
        return
    if node.op == "Gather" and not graph.is_constant(node.input(1)):
        return  # SF117
    axis = attribute(node, "axis", facts)
    if on_batch(graph, node, axis):
        yield Issue(
            reason,
            "use another axis: keep axis 0 for the batch of one and put what you stack there on the channels (axis 1)",
            f"axis {axis}",
        )


def on_batch(graph: Graph, node: Node, axis: int | None) -> bool:
    """Whether ``axis`` means the first one."""
    shape = graph.shape(node.inputs[0])
    return axis is not None and (axis == 0 or (shape is not None and axis == -len(shape)))
