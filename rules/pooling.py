"""Pooling windows."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node, Shape
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .convolution import pads_of, pair
from .rank import wrong_rank


@rule("SF113", "Pooling", OPERATORS, ops=("MaxPool", "AveragePool"))
def pooling(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """Pooling with dilation, or average pooling whose ceil_mode matters.

    Any window, stride and padding is accepted; dilation is not. AveragePool
    takes ceil_mode=1 where it changes nothing (the windows tile the input).

    Fails:
        (float[1,16,32,32] x) => (float[1,16,16,16] y) { y = AveragePool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,15,15] y) { y = AveragePool <kernel_shape = [3, 3], strides = [2, 2]> (x) }

    Fix: set ceil_mode=False and pad by one at the end where the size must stay; replace dilated pooling by a plain
    window of the same extent.
    """
    shape = graph.shape(node.inputs[0])
    if wrong_rank(shape, facts):
        return
    dilations = pair(node, "dilations")
    if max(dilations) > 1:
        yield Issue(
            "dilations: Supported values: [(1, 1)]",
            "use a plain window of the same extent, or subsample with a stride",
            f"dilation {dilations}",
        )
    if node.op == "AveragePool" and node.attrs.get("ceil_mode") and _rounds_up(shape, node):
        yield Issue(
            "ceil_mode: Supported values: [0]",
            "set ceil_mode=False, and pad the end by one where the size must stay",
            "ceil_mode = 1",
        )


def _rounds_up(shape: Shape | None, node: Node) -> bool:
    if shape is None:
        return True
    kernel, strides = node.attrs["kernel_shape"], pair(node, "strides")
    pads = pads_of(node)
    return any(
        size is None or (size + pads[i] + pads[i + 2] - kernel[i]) % strides[i]
        for i, size in enumerate(shape[2:])
    )
