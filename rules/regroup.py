"""What the converter behind the front end takes for one grouped convolution."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.rule import Facts, Issue, rule

RIDES_ALONG = ("Relu", "Clip", "Sigmoid", "HardSwish", "BatchNormalization")
"""What may follow the convolution; SiLU is a Mul by its own Sigmoid. Asked of all but Clip and BatchNormalization."""


@rule("SF123", ops=("Concat",))
def split_pointwise_concat(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """Pointwise convolutions on the parts of a Split, concatenated again.

    The front end accepts it. The converter behind it seems to make one grouped
    convolution of the whole and ends with an exception (code GE): for equal and
    unequal parts, 1x1 convolutions on all of them or on one, stride 1 or 2, an
    activation behind or none. MixNet's blocks are built this way. With a 3x3
    convolution or two 1x1 ones on one of the parts, or with a further operand in
    the Concat, it converts.

    Fails:
        (float[1,16,32,32] x) => (float[1,32,32,32] y) <float[16,8,1,1] v, float[16,8,1,1] w> {
            a, b = Split <axis = 1> (x)
            c = Conv (a, v)
            d = Conv (b, w)
            y = Concat <axis = 1> (c, d)
        }

    Passes:
        (float[1,16,32,32] x) => (float[1,32,32,32] y) <float[16,8,3,3] v, float[16,8,3,3] w> {
            a, b = Split <axis = 1> (x)
            c = Conv <pads = [1, 1, 1, 1]> (a, v)
            d = Conv <pads = [1, 1, 1, 1]> (b, w)
            y = Concat <axis = 1> (c, d)
        }

    Fix: run one 1x1 convolution over all channels instead, without Split and Concat; or make the kernels 3x3.
    """
    if node.attrs.get("axis") not in (1, -3):
        return
    parts = [_part(graph, tensor) for tensor in node.inputs]
    splits = {split.name for split, _ in parts if split is not None}
    if len(splits) == 1 and all(split for split, _ in parts) and any(convolved for _, convolved in parts):
        yield Issue(
            "the converter crashes on pointwise convolutions between a Split and a Concat of its parts",
            "run one 1x1 Conv over all channels instead, without Split and Concat; or make the kernels 3x3",
            f"parts of Split '{splits.pop()}'",
            code="GE",
            probes=("mixa", "mixd", "mixp"),
        )


def _part(graph: Graph, tensor: str) -> tuple[Node | None, bool]:
    """(the Split along the channels that ``tensor`` is a part of, whether a pointwise convolution lies between)."""
    at, convolved = graph.producer_of(tensor), False
    while at is not None and not at.domain and (before := _before(graph, at)):
        at = graph.producer_of(before)
    if at is not None and at.op == "Conv" and not at.domain:
        kernel = graph.shape(at.input(1)) or ()
        if len(kernel) != 4 or prod(k or 0 for k in kernel[2:]) != 1 or at.attrs.get("group", 1) != 1:
            return None, False
        at, convolved = graph.producer_of(at.inputs[0]), True
    split = at is not None and at.op == "Split" and not at.domain and at.attrs.get("axis", 0) in (1, -3)
    return at if split else None, convolved


def _before(graph: Graph, node: Node) -> str:
    """The tensor that ``node`` activates or normalises; "" for other nodes."""
    if node.op in RIDES_ALONG:
        return node.inputs[0]
    if node.op == "Mul":
        for value, gate in (node.inputs, node.inputs[::-1]):
            sigmoid = graph.producer_of(gate)
            if sigmoid is not None and sigmoid.op == "Sigmoid" and sigmoid.inputs[0] == value:
                return value
    return ""
