"""What the converter behind the front end takes for one grouped convolution."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sensorfit.graph.ir import Graph, Node
from sensorfit.graph.patterns import find_patterns
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

ACTIVATIONS = ("Relu", "Clip", "LeakyRelu", "Sigmoid", "Tanh", "HardSwish", "Gelu", "Silu")
"""One of them may follow the convolution, as an operator or spelled out; each was asked. With a second one it converts."""


@rule("SF123", "SplitPointwiseConcat", OPERATORS, ops=("Concat",))
def split_pointwise_concat(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """Pointwise convolutions on the parts of a Split, concatenated again.

    The front end accepts it. The converter behind it seems to make one grouped
    convolution of the whole and ends with an exception (code GE): for equal and
    unequal parts, 1x1 convolutions on all of them or on one, grouped or not,
    stride 1 or 2, an activation or normalisation behind or none. MixNet's blocks
    are built this way. With a 3x3 convolution or two 1x1 ones on one of the
    parts, an activation before one, two activations or a pooling behind one, or a
    further operand in the Concat, it converts, and so it does where Slices take
    the parts.

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

    Fix: take the parts with slices (x[:, :8], x[:, 8:], or torch.chunk) instead of torch.split.
    """
    if node.attrs.get("axis") not in (1, -3):
        return
    parts = [_part(graph, tensor) for tensor in node.inputs]
    splits = {split.name for split, _ in parts if split is not None}
    if len(splits) == 1 and all(split for split, _ in parts) and any(convolved for _, convolved in parts):
        yield Issue(
            "the converter crashes on pointwise convolutions between a Split and a Concat of its parts",
            "take the parts with slices (x[:, :n], x[:, n:], or torch.chunk) instead of torch.split",
            f"parts of Split '{splits.pop()}'",
            code="GE",
            probes=("mixa", "mixd", "mixp", "misl"),
        )


def _part(graph: Graph, tensor: str) -> tuple[Node | None, bool]:
    """(the Split along the channels that ``tensor`` is a part of, whether a pointwise convolution lies between)."""
    at = graph.producer_of(_before_activation(graph, tensor))
    while at is not None and at.op == "BatchNormalization" and not at.domain:
        at = graph.producer_of(at.inputs[0])
    if at is not None and at.op == "Conv" and not at.domain:
        kernel = graph.shape(at.input(1)) or ()
        if len(kernel) != 4 or prod(k or 0 for k in kernel[2:]) != 1:
            return None, False
        tensor, convolved = at.inputs[0], True
    else:
        convolved = False
    split = graph.producer_of(tensor)
    if split is None or split.op != "Split" or split.domain or split.attrs.get("axis", 0) not in (1, -3):
        return None, False
    return split, convolved


def _before_activation(graph: Graph, tensor: str) -> str:
    """What the activation that writes ``tensor`` was given; ``tensor`` itself where none does."""
    for match in find_patterns(graph):
        if match.output == tensor and match.kind in ACTIVATIONS:
            return match.inputs[0]
    node = graph.producer_of(tensor)
    return node.inputs[0] if node is not None and node.op in ACTIVATIONS and not node.domain else tensor
