"""What the converter runs as part of another step."""

from __future__ import annotations

from math import inf

from ..graph.ir import Graph, Node
from .constants import Constant, constant_operand

NONLINEAR = frozenset(
    {"Sigmoid", "HardSigmoid", "HardSwish", "Silu", "Swish", "Gelu", "Tanh", "Elu", "Selu", "Mish", "Softplus",
     "Softsign", "Exp", "Log", "Sqrt", "Abs", "Sin", "Cos", "Reciprocal", "Erf"}
)  # fmt: skip
"""Activations that take a table; Relu, Clip and LeakyRelu do without."""
ELEMENTWISE = frozenset({"Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"})
FUSED_IN_PLACE = NONLINEAR | {"Relu", "Clip", "LeakyRelu"}
"""What rides on the step before it when nobody else reads that step's result."""
KEEPS_PLACE = ELEMENTWISE | FUSED_IN_PLACE
"""What runs element by element."""
KEEPS_SIGN = frozenset(
    {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax", "Resize", "Upsample",
     "Concat", "Reshape", "Flatten", "Transpose", "Slice", "Split", "Squeeze", "Unsqueeze", "Pad", "Add", "Mul"}
)  # fmt: skip
NOT_NEGATIVE = frozenset({"Relu", "Sigmoid", "HardSigmoid", "Softmax", "Exp", "Abs", "Sqrt", "Softplus"})
FUSES = frozenset({"Conv", "ConvTranspose"})
BYTE = 8
"""Bits."""


def rectified(graph: Graph) -> frozenset[str]:
    """The tensors that cannot be negative."""
    found: set[str] = set()
    for node in graph.nodes:
        sources = list(graph.activations(node))
        if (
            node.activation == "Relu"
            or node.activation == "Clip"
            or node.op in NOT_NEGATIVE
            or (node.op == "Clip" and _low_bound(graph, node) >= 0)
            or (node.op in KEEPS_SIGN and sources and all(t in found for t in sources))
        ):
            found.update(t for t in node.outputs if t)
    return frozenset(found)


def _low_bound(graph: Graph, node: Node) -> float:
    """The least that a Clip lets through: of opset 11 an operand, before it an attribute."""
    low = graph.numbers(node.input(1)) or (node.attrs.get("min"),)
    return float(low[0]) if low[0] is not None else -inf


def is_wide(graph: Graph, *tensors: str) -> bool:
    """Whether one of ``tensors`` takes more than a byte an element."""
    return any((graph.tensors[t].bits or BYTE) > BYTE for t in tensors if t in graph.tensors)


def bits_before_table(graph: Graph, tensor: str) -> int:
    """Bits of a convolution's result that a table of wider results reads: as many as those; 0 for another tensor.

    The activation is then a step of its own, as where MCT shifts a GELU.
    """
    producer, readers = graph.producer_of(tensor), graph.consumers_of(tensor)
    if producer is None or producer.op not in FUSES or producer.activation or len(readers) != 1:
        return 0
    (reader,) = readers
    wide = reader.op in NONLINEAR and is_wide(graph, *reader.outputs)
    return int(graph.tensors[reader.outputs[0]].bits or 0) if wide else 0


def joins_convolution(graph: Graph, node: Node) -> str | None:
    """The operand of an Add whose convolution also adds the other operand; None when the Add runs by itself.

    That convolution must write nothing but this operand, in the other's shape. It adds and
    writes bytes: a sum of 16 bits, or with another operand of 16 bits, runs by itself. A residual
    sum that is rectified stays a step of its own when its branch is still untrained (all
    kernel values zero, as in regnet and resnet from timm): its scale then fits no other.
    """
    sources = list(graph.activations(node))
    if node.op != "Add" or len(sources) != 2 or graph.shape(sources[0]) != graph.shape(sources[1]):
        return None
    if is_wide(graph, *node.outputs):
        return None
    candidates = [t for t in sources if _is_fresh(graph, t) and not is_wide(graph, *{*sources} - {t})]
    if not candidates:
        return None
    chosen = candidates[0] if len(candidates) == 1 else _first(graph, candidates)
    other = sources[0] if chosen == sources[1] else sources[1]
    if node.activation and other not in candidates and _is_untrained(graph, chosen):
        return None
    return chosen


def _is_fresh(graph: Graph, tensor: str) -> bool:
    """Whether ``tensor`` is the bare result of a convolution without dilation that nobody else reads, or of a product that
    runs as one, its bias within (lin16)."""
    producer = graph.producer_of(tensor)
    if producer is None:
        return False
    kernel = adds_bias(graph, producer) or producer
    return (
        (kernel.op in FUSES or is_pointwise_product(graph, kernel))
        and all(d == 1 for d in kernel.attrs.get("dilations", ()))
        and not producer.activation
        and not kernel.activation
        and tensor not in graph.outputs
        and len(graph.consumers_of(tensor)) == 1
    )


def _first(graph: Graph, tensors: list[str]) -> str:
    """The tensor whose producer comes first breadth first, as in the file that MCT writes (e3011, e3019, e3022)."""
    producers = {t: producer.name for t in tensors if (producer := graph.producer_of(t))}
    return min(producers, key=lambda t: graph.breadth_first[producers[t]])


def _is_untrained(graph: Graph, tensor: str) -> bool:
    producer = graph.producer_of(tensor)
    values = graph.numbers(producer.input(1)) if producer is not None else None
    return values is not None and not any(values)


def is_pointwise_product(graph: Graph, node: Node) -> bool:
    """Whether a product with weights runs as a 1x1 convolution: over the last axis of four or more (a Linear on NHWC tokens)."""
    if node.op != "MatMul" or not graph.is_constant(node.input(1)) or graph.is_constant(node.input(0)):
        return False
    shape, weights = graph.shape(node.inputs[0]), graph.shape(node.inputs[1])
    return shape is not None and len(shape) > 3 and weights is not None and len(weights) == 2


def adds_bias(graph: Graph, node: Node) -> Node | None:
    """The product that takes in the Add ``node`` as its bias, one constant for each of the last axis; None where it is no bias."""
    sources = list(graph.activations(node))
    if node.op != "Add" or len(sources) != 1 or len(node.inputs) != 2:
        return None
    product, out = graph.producer_of(sources[0]), graph.shape(node.outputs[0])
    constant = graph.shape(node.inputs[1] if node.inputs[0] == sources[0] else node.inputs[0])
    if product is None or not is_pointwise_product(graph, product) or graph.only_reader(sources[0]) is None:
        return None
    fits = out == graph.shape(sources[0]) and out is not None and constant == out[-1:]
    return product if fits and not product.activation else None


def scale_and_shift(graph: Graph, node: Node) -> Node | None:
    """The Add that runs as one step with ``node``: a product and then a sum, both with constants along one axis, any of them.

    Of the input itself they stay two steps (PicoSAM3's normalisation: 192 B of weights), and so they do where the scale is zeros,
    as ConvNeXt-V2's is before training (zero_scale).
    """
    scale = constant_operand(graph, node) if node.op == "Mul" else None
    if scale is None or not runs_along_one(scale) or set(graph.activations(node)) & set(graph.inputs):
        return None
    values = graph.numbers(scale.tensor)
    if values is not None and not any(values):
        return None
    readers = graph.consumers_of(node.outputs[0])
    if len(readers) != 1 or node.outputs[0] in graph.outputs:
        return None
    (reader,) = readers
    shift = constant_operand(graph, reader) if reader.op == "Add" else None
    return reader if shift is not None and shift.shape == scale.shape else None


def runs_along_one(constant: Constant) -> bool:
    """Whether ``constant`` is one for each channel, row, column or feature, or one for all, of three axes or more."""
    return len(constant.shape) > 2 and (constant.axis > 0 or constant.size == 1)
