"""What Pad may pad."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.facts import ints
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .resize import AXES, some_axes


@rule("SF115", "Pad", OPERATORS, ops=("Pad",))
def pad(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """Padding of the batch, negative padding, or padding of some axes only.

    Constant padding of any value is accepted on channels, height and width, of
    any rank. A negative pad (a crop) is not, nor is the batch axis, nor the
    opset-18 input `axes` unless it lists them all in order.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,30,30] y) <int64[8] p = {0, 0, -1, -1, 0, 0, -1, -1}> { y = Pad (x, p) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,30,30] y) <int64[2] a = {1, 1}, int64[2] b = {31, 31}, int64[2] c = {2, 3}>
        { y = Slice (x, a, b, c) }

    Fix: crop with Slice instead of a negative pad; give the pads of all axes (zeros for those you leave) instead of
    `axes`.
    """
    pads, shape = ints(graph, node.input(1)), graph.shape(node.inputs[0])
    axes = ints(graph, node.input(3))
    if axes is not None and some_axes(axes, shape):
        yield Issue(
            AXES,
            "give the pads of all axes, zeros for those you leave, and drop the input `axes`",
            f"axes {axes}",
        )
        return
    if pads is None:
        if graph.is_constant(node.input(1)):
            yield Issue.unknown(
                "the pads' values are not in the file", "keep the constant in the file and check again"
            )
        return
    if any(p < 0 for p in pads):
        yield Issue("negative pads are not supported", "crop with Slice instead", f"pads {pads}")
    elif pads and (pads[0] or pads[len(pads) // 2]):
        yield Issue(
            "Padding for batch dim is not supported",
            "pad another axis: the batch is always 1 on the sensor",
            f"pads {pads}",
        )
