"""What a node of the device graph asks of the hardware: array work, weights, bytes moved.

    Conv   [1,C,H,W] -> [1,K,H',W']     array = pad(C) pad(K) k k H' W'
                                        bytes = pad(C) H W + pad(K) H' W'

Channels are padded to the SIMD width: 33 channels cost what 64 cost. Nothing
here is fitted; ``cycles`` turns it into time.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from ..graph.ir import Graph, Node, Shape
from .macs import CONVOLUTIONS, PRODUCTS, RECURRENT, elements, first_output, inner_size, macs

FREE = frozenset(
    {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast", "Constant", "Shape", "Size"}
)
"""Another name for the same bytes."""
POOLING = frozenset(
    {"MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "ReduceMean", "ReduceMax",
     "ReduceSum", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp", "ReduceLogSum",
     "ArgMax", "ArgMin"}
)  # fmt: skip
RESAMPLING = frozenset({"Resize", "Upsample", "GridSample", "RoiAlign", "MaxUnpool", "AffineGrid"})
NORMALIZATION = frozenset(
    {"Softmax", "LogSoftmax", "Hardmax", "LayerNormalization", "InstanceNormalization", "GroupNormalization",
     "BatchNormalization", "MeanVarianceNormalization", "LpNormalization", "RMSNormalization", "LRN",
     "SimplifiedLayerNormalization", "SkipLayerNormalization", "L2Normalization"}
)  # fmt: skip
MOVEMENT = frozenset(
    {"Concat", "Split", "Slice", "Transpose", "Pad", "Gather", "GatherElements", "GatherND", "ScatterND", "ScatterElements",
     "Tile", "Expand", "DepthToSpace", "SpaceToDepth", "Roll", "Flip", "ReverseSequence", "CenterCropPad"}
)  # fmt: skip
CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})
DATA_DEPENDENT = frozenset({"NonMaxSuppression", "NonZero", "Unique", "TopK", "Compress"})
"""Time depends on the data or on an algorithm that no figure describes."""
_KINDS = {
    op: kind
    for kind, ops in {
        "": FREE,
        "pooling": POOLING,
        "normalization": NORMALIZATION,
        "movement": MOVEMENT,
        "control": CONTROL,
        "data_dependent": DATA_DEPENDENT,
    }.items()
    for op in ops
}
"""The class of an operator whose form does not matter; element-wise where it is not named."""
UNCOUNTED = frozenset({"unknown", "control", "data_dependent"})
"""Kinds without a cost model."""
WINDOWED = frozenset(
    {"dense", "pointwise", "depthwise", "grouped", "transposed", "pooling", "resample", "interpolate"}
)
"""Kinds that read an image pixel by pixel, all channels at once."""


class Work(NamedTuple):
    """One layer's demand; ``known`` is False where a shape is missing, and then all of it is 0."""

    node: str
    op: str
    kind: str
    macs: int = 0
    array: int = 0
    """MACs with input and output channels padded to the SIMD width."""
    weights: int = 0
    """Weights the array loads, padded likewise."""
    bytes: int = 0
    """Activations read and written, channels padded."""
    elements: int = 0
    channels: tuple[int, int] = (0, 0)
    """Input and output channels, (0, 0) where the layer has none."""
    known: bool = True


def pad(channels: int, simd: int) -> int:
    """``channels`` rounded up to the SIMD width."""
    return -(-channels // simd) * simd


def kind_of(graph: Graph, node: Node) -> str:
    """The class of work ``node`` is, "" for one that costs nothing."""
    if node.domain and not node.pattern:
        return "unknown"
    if node.op in CONVOLUTIONS:
        weight = graph.shape(node.input(CONVOLUTIONS[node.op])) or ()
        groups = groups_of(node)
        if groups > 1:
            return "depthwise" if len(weight) > 1 and weight[1] == 1 else "grouped"
        kernel = weight[2:]
        return "pointwise" if kernel and all(k == 1 for k in kernel) else "dense"
    if node.op == "ConvTranspose":
        return "transposed"
    if node.op in PRODUCTS or node.op == "Einsum":
        constant = any(graph.is_constant(i) for i in node.inputs[:2])
        if not constant:
            return "matmul"
        out = graph.shape(first_output(node)) or ()
        rows = prod(d for d in out[:-1] if d is not None)
        return "fully_connected" if rows == 1 else "pointwise"
    if node.op in RECURRENT:
        return "recurrent"
    if node.op in RESAMPLING:
        mode = node.attrs.get("mode", "nearest" if node.op in ("Resize", "Upsample") else "linear")
        return "resample" if mode in ("nearest", b"nearest") else "interpolate"
    return _KINDS.get(node.op, "elementwise")


def groups_of(node: Node) -> int:
    """The groups of a convolution; 1 where the attribute makes no sense."""
    groups = node.attrs.get("group", 1)
    return groups if isinstance(groups, int) and groups > 0 else 1


def works(graph: Graph, simd: int) -> tuple[Work, ...]:
    """The demand of every layer of the device graph that costs something, in order."""
    return tuple(work(graph, node, simd, kind) for node in graph.nodes if (kind := kind_of(graph, node)))


def work(graph: Graph, node: Node, simd: int, kind: str) -> Work:
    """The demand of one node of class ``kind``."""
    windowed = kind in WINDOWED and node.op not in PRODUCTS
    counted, moved, size = macs(graph, node), _bytes(graph, node, simd, windowed), elements(graph, node)
    if counted is None or moved is None or size is None or kind in UNCOUNTED:
        return Work(node.name, node.op, kind, macs=counted or 0, bytes=moved or 0, known=False)
    if not counted:
        return Work(node.name, node.op, kind, bytes=moved, elements=size)
    array, weights, channels = _array(graph, node, simd, counted)
    return Work(node.name, node.op, kind, counted, array, weights, moved, channels=channels)


def _bytes(graph: Graph, node: Node, simd: int, windowed: bool) -> int | None:
    total = 0
    for name in (*graph.activations(node), *node.outputs):
        tensor = graph.tensors.get(name)
        if not name:
            continue
        if tensor is None or tensor.shape is None or None in tensor.shape:
            return None
        total += tensor_bytes(tensor.shape, simd, windowed) * max(tensor.bits or 8, 8) // 8
    return total


def tensor_bytes(shape: Shape, simd: int, windowed: bool = True) -> int:
    """Bytes of an 8-bit activation with one axis padded to the SIMD width.

    ``windowed``: what a window slides over is laid out with its channels (axis 1)
    side by side. Otherwise the last axis, of four dimensions the one that pads less.
    """
    sizes = [1 if d is None else d for d in shape]
    if not sizes:
        return simd
    if len(sizes) < 3:
        axes: tuple[int, ...] = (-1,)
    elif windowed:
        axes = (1,)
    else:
        axes = (1, -1) if len(sizes) == 4 else (-1,)
    whole = prod(sizes)
    return min(whole // sizes[axis] * pad(sizes[axis], simd) if sizes[axis] else 0 for axis in axes)


def _array(graph: Graph, node: Node, simd: int, counted: int) -> tuple[int, int, tuple[int, int]]:
    """Padded MACs, padded weights, (Cin, Cout)."""
    if node.op in CONVOLUTIONS or node.op == "ConvTranspose":
        weight = graph.shape(node.input(CONVOLUTIONS.get(node.op, 1))) or ()
        groups = groups_of(node)
        first, second = int(weight[0] or 1), int(weight[1] or 1)
        taps = prod(d or 1 for d in weight[2:])
        cin, cout = (first, second * groups) if node.op == "ConvTranspose" else (second * groups, first)
        positions = counted // max(1, cin // groups * cout * taps)
        if groups > 1 and cin == groups:  # depthwise: one filter a channel
            pairs = pad(cout, simd)
        else:
            pairs = _packed(cin // groups, cout // groups, groups, simd)
        return pairs * taps * positions, pairs * taps, (cin, cout)
    if node.op in PRODUCTS:
        inner = inner_size(graph, node) or 1
        out = graph.shape(first_output(node)) or ()
        columns = int(out[-1] or 1) if out else 1
        rows = counted // max(1, inner * columns)
        pairs = pad(inner, simd) * pad(columns, simd)
        batch = (
            prod(d or 1 for d in out[:-2]) if not any(graph.is_constant(i) for i in node.inputs[:2]) else 1
        )
        return pairs * rows, pairs * batch, (inner, columns)
    return counted, counted if node.op in RECURRENT else 0, (0, 0)


def _packed(cin: int, cout: int, groups: int, simd: int) -> int:
    """Padded channel pairs of ``groups`` groups: several may share a block, with zeros between them."""
    return min(
        groups // together * pad(together * cin, simd) * pad(together * cout, simd)
        for together in range(1, min(groups, simd) + 1)
        if groups % together == 0
    )
