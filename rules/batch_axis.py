"""The first axis is the batch, and stays it."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.facts import attribute
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

KEEP_BATCH = "keep the first dimension 1: put windows, heads or patches on another axis, for example (1, windows * tokens, channels)"
ONE_IMAGE = "export the model with a batch of one, torch.zeros(1, ...) as the dummy input: this batch is the input's (SF501)"


@rule("SF107", "BatchAxis", OPERATORS, ops="*")
def batch_axis(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """An operator that works along the batch axis, or rearranges a batch of several.

    The sensor runs one image: axis 0 is the batch and no operator may
    concatenate, split, gather, reduce by ArgMax or normalise by Softmax along it.
    Where windows or heads were folded into it (SF116), what rearranges a tensor
    refuses it as well: Transpose, Split, Slice, Concat, Pad, Softmax, a Gather of
    one index. Convolutions, element-wise operators, LayerNormalization and
    reductions are accepted there.

    Fails:
        (float[1,16,32,32] x) => (float[2,16,32,32] y) { y = Concat <axis = 0> (x, x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,32,32,32] y) { y = Concat <axis = 1> (x, x) }

    Fix: keep axis 0 for the batch of one: move what you stacked there to the channels, or run the branches one after
    the other.
    """
    if node.domain or node.op == "Softmax":  # SF201 speaks for Softmax
        return
    reason, axis = facts.get("batch"), attribute(node, "axis", facts)
    by_data = node.op == "Gather" and not graph.is_constant(node.input(1))  # SF117
    if reason is not None and not by_data and on_batch(graph, node, axis):
        yield Issue(  # that several lie along that axis is the same matter: one change mends both
            reason,
            "use another axis: keep axis 0 for the batch of one and put what you stack there on the channels (axis 1)",
            f"axis {axis}",
        )
    elif facts.get("one_image") and not _gathers_several(graph, node):
        yield from several(graph, node)


def on_batch(graph: Graph, node: Node, axis: int | None) -> bool:
    """Whether ``axis`` means the first one."""
    shape = graph.shape(node.inputs[0])
    return axis is not None and (axis == 0 or (shape is not None and axis == -len(shape)))


def several(graph: Graph, node: Node) -> Iterator[Issue]:
    """The issue of an operator whose first input must be one image, where it is a batch of several."""
    shape = graph.shape(node.input(0))
    if shape and shape[0] not in (1, None) and not graph.is_constant(node.input(0)):
        reason = f"Invalid batch dim {shape[0]}. Supported values: [None, 1]"
        yield Issue(reason, batch_fix(graph, shape[0]), f"input shape {shape}", probes=("reshape_batch2",))


def batch_fix(graph: Graph, batch: int | None) -> str:
    """How a first dimension of ``batch`` becomes 1: it came in with the image, or something was folded into it."""
    came_in = {shape[0] for t in graph.inputs if (shape := graph.shape(t))}
    return ONE_IMAGE if batch in came_in - {1, None} else KEEP_BATCH


def _gathers_several(graph: Graph, node: Node) -> bool:
    """Whether ``node`` is a Gather of more than one index, which the front end does not take for a slice."""
    indices = graph.tensors.get(node.input(1))
    return node.op == "Gather" and indices is not None and indices.elements != 1
