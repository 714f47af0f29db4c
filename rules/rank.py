"""Operators that take images only."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node, Shape
from sensorfit.graph.kernels import other_rank
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF106", "SpatialRank", OPERATORS, ops="*")
def rank(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A one- or three-dimensional convolution, pooling or resize.

    Convolutions, pooling, GlobalAveragePool and Resize exist for 4-D tensors
    (N, C, H, W) only. Conv1d-style channel attention (ECA) and video networks
    meet this wall.

    Fails:
        (float[1,16,1024] x) => (float[1,8,1024] y) <float[8,16,3] w> { y = Conv <kernel_shape = [3], pads = [1, 1]> (x, w) }

    Passes:
        (float[1,16,1,1024] x) => (float[1,8,1,1024] y) <float[8,16,1,3] w> { y = Conv <kernel_shape = [1, 3], pads = [0, 1, 0, 1]> (x, w) }

    Fix: keep the tensor 4-D: a Conv1d becomes a Conv2d with kernel (1, k) on (N, C, 1, L); Conv1d channel attention
    becomes a 1x1 Conv on the pooled 4-D tensor (N, C, 1, 1). An image without a batch axis (C, H, W) gets one: x[None].
    """
    shape = graph.shape(node.input(0))
    if shape is not None and wrong_rank(shape, facts):
        reason = f"{facts['rank']['reason']}, actual {len(shape)}d"
        invalid = other_rank(graph, node)
        fix = _NO_ONNX if invalid else _FIXES.get(node.op, _FIX)
        yield Issue(reason, fix, f"input shape {shape}", invalid=invalid)


def wrong_rank(shape: Shape | None, facts: Facts) -> bool:
    """Whether SF106 refuses an input of ``shape``; what the other rules say of the form is then beside the point."""
    return shape is not None and "rank" in facts and len(shape) not in facts["rank"]["allowed"]


_FIX = "keep the tensor 4-D (N, C, H, W): put the length in W with H = 1"
_NO_ONNX = "give the image its batch axis, x[None], and export again: as it stands this is no valid ONNX, and no runtime computes it"
_FIXES = {
    "Conv": "a Conv1d becomes a Conv2d with kernel (1, k) on (N, C, 1, L); Conv1d channel attention becomes a 1x1 Conv on the pooled 4-D tensor (N, C, 1, 1)",
    "GlobalAveragePool": "use ReduceMean over the axes, which takes any rank",
}
