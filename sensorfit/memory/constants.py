"""The constant operand of a sum or product: how it lies in the model memory, and how its step reads it.

A constant is stored along the axis where it takes the fewest bytes, with its exponents: one of a single axis has an
exponent for every element (as MCT quantizes it), any other one for all. Where the step reads another layout, or the
axes in another order, the constant is laid anew in the runtime memory while the step runs:

    stored (40, 1): 64 + 32 B ─► laid for planes of (40, 1024): 40 x 32 B ─► sum, 32 B

All from probes.json: const_3d, const_tokens, const_image, const_order, const_vector.
"""

from __future__ import annotations

from typing import NamedTuple

from ..graph.ir import Graph, Node
from .layout import Extent, Layout, MemoryFacts, extent_of, layouts_of, leaner, leanest, tensor_bytes

ELEMENT_BY_ELEMENT = frozenset({"Add", "Sub", "Mul", "Div", "Max", "Min", "Relu", "Clip", "LeakyRelu", "BatchNormalization", "Sigmoid",
                                "Tanh", "Gelu", "Silu", "HardSwish", "HardSigmoid", "Elu"})  # fmt: skip
TOKEN_AXES = 3
"""Of (1, positions, features): these lie in planes, turned or not, and in no blocks."""
MOST_WALKED = 64
"""Steps back to what laid a tensor's axes in their order; beyond, the order of a convolution is assumed."""


class Constant(NamedTuple):
    """A constant beside one activation."""

    tensor: str
    shape: tuple[int, ...]
    """With the axes of the result, the batch first."""
    by_element: bool
    """Whether every element has an exponent of its own."""
    first: bool = False
    """Whether it is the first operand: the step then works in the order of its axes, not the activation's."""

    @property
    def extent(self) -> Extent:
        return extent_of(self.shape, None)

    @property
    def axis(self) -> int:
        """The only axis that it runs along, 0 where there are several or none."""
        long = [axis for axis, size in enumerate(self.shape) if size != 1]
        return long[0] if len(long) == 1 else 0

    @property
    def size(self) -> int:
        """Its longest axis."""
        return max(self.shape)


def constant_operand(graph: Graph, node: Node) -> Constant | None:
    """The constant that a sum or product of one activation takes, where it has no more axes than that."""
    sources = list(graph.activations(node))
    if len(sources) != 1 or len(node.inputs) != 2 or node.inputs[0] == node.inputs[1]:
        return None
    tensor = node.inputs[1] if node.inputs[0] == sources[0] else node.inputs[0]
    out, shape = graph.shape(node.outputs[0]), graph.shape(tensor)
    if not out or shape is None or len(shape) > len(out) or out != graph.shape(sources[0]):
        return None
    written = tuple(int(d or 0) for d in shape)
    whole = (1,) * (len(out) - len(written)) + written
    if len(out) == 2:  # the batch is no axis of a constant
        written = whole[1:]
    producer = graph.producer_of(sources[0])
    bias = (
        node.op == "Add" and producer is not None and producer.op == "MatMul"
    )  # of a layer once it is quantized
    return Constant(
        tensor, whole, len(written) == 1 and written[0] > 1 and not bias, tensor == node.inputs[0]
    )


def stored_layout(constant: Constant, facts: MemoryFacts) -> Layout:
    """How ``constant`` lies in the model memory."""
    if len(constant.shape) < 3:
        return Layout.VECTOR
    return leanest(layouts_of(len(constant.shape)), [constant.extent], facts)


def joined_bytes(graph: Graph, node: Node, facts: MemoryFacts) -> int:
    """Bytes of the constants that a concatenation takes in, its step's not counted (joined_tokens)."""
    shapes = [tuple(int(d or 0) for d in graph.shape(t) or ()) for t in node.inputs if graph.is_constant(t)]
    found = [Constant("", shape, by_element=False) for shape in shapes if shape]
    beside = facts.constant_bytes - facts.elementwise_bytes
    return sum(tensor_bytes(c.extent, stored_layout(c, facts), facts) + beside for c in found)


def laid_bytes(graph: Graph, constant: Constant, source: str, layout: Layout, facts: MemoryFacts) -> int:
    """Bytes of ``constant`` laid anew for a step that reads ``source`` in ``layout``; 0 where it is read as it is stored."""
    if constant.size == 1 or len(constant.shape) < 3:
        return 0
    stored = stored_layout(constant, facts)
    if layout is Layout.FILE_BLOCKS and constant.axis == 1:
        return 0
    in_order = constant.first or (constant.shape[1] != 1) == _turned(graph, source)
    if in_order and (stored is layout or layout is Layout.VECTOR):
        return 0
    return tensor_bytes(constant.extent, layout, facts)


def moved(graph: Graph, tensor: str) -> bool:
    """Whether the axes of ``tensor`` lie in the order that a Transpose leaves, and not in that of convolutions, views and inputs."""
    return _origin(graph, tensor) == "Transpose"


def _turned(graph: Graph, tensor: str) -> bool:
    """Whether a constant along the first axis lies as ``tensor`` does: behind a Transpose, or a Linear on four axes (second_scale_last)."""
    maps = len(graph.shape(tensor) or ()) > TOKEN_AXES
    return moved(graph, tensor) or (maps and _origin(graph, tensor) == "MatMul")


def rearranged(graph: Graph, tensor: str) -> bool:
    """Whether the axes of ``tensor`` lie otherwise than convolutions leave them."""
    return _origin(graph, tensor) in ("Transpose", "Reshape")


def _origin(graph: Graph, tensor: str) -> str:
    """The last operator before ``tensor`` that does not work element by element."""
    for _ in range(MOST_WALKED):
        node = graph.producer_of(tensor)
        if node is None or node.op not in ELEMENT_BY_ELEMENT:
            return node.op if node is not None else ""
        tensor = next(iter(graph.activations(node)), "")
    return ""


def constant_bytes(graph: Graph, node: Node, constant: Constant, facts: MemoryFacts) -> int:
    """Bytes of ``constant`` and its step in the model memory.

    Exponents of single elements are stored once more with the step, as it reads them: in blocks for an image and planes for
    tokens, or what is clearly smaller.
    """
    own = tensor_bytes(constant.extent, stored_layout(constant, facts), facts)
    if not constant.by_element:
        return own + facts.constant_bytes
    (source,) = graph.activations(node)
    rank, extent = len(constant.shape), extent_of(tuple(int(d or 0) for d in graph.shape(source) or ()), None)
    if rank < 3:
        return 3 * own + facts.elementwise_bytes
    # behind a Linear on four axes channels stand last, in planes (timm_edgenext_xx_small_fixed)
    last = rank == 3 or _origin(graph, source) == "MatMul"
    base = Layout.PLANES if last else Layout.BLOCKS
    layout = leaner(base, rank, [extent, extent, constant.extent], facts)
    laid = laid_bytes(graph, constant, source, layout, facts)
    return own + facts.constant_bytes + laid if laid else 3 * own + facts.elementwise_bytes
