"""Bytes in the model memory: kernels padded to blocks of 32 channels, biases, tables.

Every figure is a fact of ``rules/imx500/memory.toml``; none depends on the
values of the weights but one (see ``joins_convolution``).
"""

from __future__ import annotations

from math import ceil, prod

from ..graph.ir import Graph, Node
from . import convolution as cv
from .constants import constant_bytes, constant_operand, joined_bytes
from .fusion import (
    ELEMENTWISE,
    NONLINEAR,
    NOT_NEGATIVE,
    adds_bias,
    is_pointwise_product,
    is_wide,
    joins_convolution,
    rectified,
    scale_and_shift,
)
from .layout import MemoryFacts, round_up
from .model import COMPUTED_WEIGHTS, INTEGER_WEIGHTS
from .product import is_product
from .views import kept_axes, static

CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
MATRIX_PRODUCTS = frozenset({"Gemm", "MatMul"})

INTEGER_OPERATORS = frozenset({"ConvInteger", "MatMulInteger"})
"""What onnxruntime's dynamic quantization makes of a layer: scales are applied by nodes of their own."""


def model_weight_bytes(graph: Graph, facts: MemoryFacts) -> tuple[int, tuple[str, ...]]:
    """Bytes of the whole model's weights, and sentences about those that could not be counted."""
    nodes, packing, missing = weight_bytes_by_node(graph, facts)
    return sum(nodes) + packing, missing


def weight_bytes_by_node(graph: Graph, facts: MemoryFacts) -> tuple[list[int], int, tuple[str, ...]]:
    """Bytes of each node's weights, in the graph's order; those that pack the outputs; what could not be counted."""
    found: list[int] = []
    missing: dict[str, None] = {}
    positive = rectified(graph)
    for node in graph.nodes:
        size = 0
        if node.op in CONVOLUTIONS:
            conv = cv.read_convolution(graph, node)
            if conv is None:
                missing[COMPUTED_WEIGHTS] = None
                found.append(0)
                continue
            size = _convolution(graph, node, conv, positive, facts)
        elif node.op in MATRIX_PRODUCTS:
            size = _matrix(graph, node, facts)
        elif node.op in INTEGER_OPERATORS:
            missing[INTEGER_WEIGHTS] = None
        else:
            size = step_table_bytes(graph, node, facts)
        if node.activation == "LeakyRelu":
            size += facts.step_table_bytes
            if (
                node.op in CONVOLUTIONS | MATRIX_PRODUCTS
            ):  # a sum that a convolution takes in has its own, a BatchNorm none
                size += facts.table_bytes * _tables(graph, node, facts)
        found.append(size)
    shapes = (graph.shape(name) for name in graph.outputs)
    packed = sum(s is not None and len(s) > 2 and any(d != 1 for d in s[2:]) for s in shapes)
    return found, packed * facts.packing_bytes, tuple(missing)


def repeated_weight_bytes(graph: Graph, facts: MemoryFacts) -> int:
    """Of these bytes, kernels and matrices that several nodes read, such as the steps of a recurrence, beyond their first use."""
    uses: dict[str, list[int]] = {}
    for node, size in zip(graph.nodes, weight_bytes_by_node(graph, facts)[0], strict=True):
        if node.op in CONVOLUTIONS | MATRIX_PRODUCTS:
            for tensor in node.inputs[:2]:
                if graph.is_constant(tensor):
                    uses.setdefault(tensor, []).append(size)
    return sum(sum(sizes) - max(sizes) for sizes in uses.values())


def whole_constant_bytes(graph: Graph, facts: MemoryFacts) -> int:
    """Of these bytes, constants of several axes that sums and products take in: stored once for each use."""
    return sum(
        step_table_bytes(graph, node, facts)
        for node in graph.nodes
        if node.op in ELEMENTWISE
        and (found := constant_operand(graph, node))
        and found.size > 1
        and not found.axis
    )


def has_unknown_weights(graph: Graph, node: Node) -> bool:
    """Whether ``node`` has weights that ``model_weight_bytes`` cannot count."""
    if node.op in CONVOLUTIONS:
        return cv.read_convolution(graph, node) is None
    return node.op in INTEGER_OPERATORS


def _convolution(
    graph: Graph, node: Node, conv: cv.Convolution, positive: frozenset[str], facts: MemoryFacts
) -> int:
    if cv.is_pointwise_vector(graph, node, conv):
        return fully_connected_bytes(conv.inputs, conv.outputs, conv.bits, facts)
    if cv.takes_whole_map(graph, node, conv):
        features = conv.inputs * prod(conv.kernel)
        return fully_connected_bytes(features, conv.outputs, conv.bits, facts) + facts.reshape_bytes
    value = cv.weight_bytes(conv, facts)
    if conv.transposed and conv.stride != (1, 1):  # with stride 1 it is listed as a convolution (g_deconv2)
        phases = prod(conv.stride) if node.inputs[0] in positive else 1
        value += phases * cv.blocks(conv.outputs, facts) * facts.transposed_phase_bytes
    return value


def _matrix(graph: Graph, node: Node, facts: MemoryFacts) -> int:
    for index, tensor in enumerate(node.inputs[:2]):
        shape = cv.constant_shape(graph, tensor)
        if shape is None or len(shape) != 2:
            continue
        turned = node.op == "Gemm" and bool(node.attrs.get("transB" if index else "transA", 0))
        inputs, outputs = shape if index ^ turned else shape[::-1]
        if is_pointwise_product(graph, node):
            return cv.weight_bytes(cv.pointwise(inputs, outputs, cv.weight_bits(graph, tensor)), facts)
        return fully_connected_bytes(inputs, outputs, cv.weight_bits(graph, tensor), facts)
    out = graph.shape(node.outputs[0])  # two activations: one product a head
    if out is None or not is_product(graph, node):
        return 0
    heads, columns = prod(int(d or 0) for d in out[:-2]), int(out[-1] or 0)
    return heads * (facts.product_bytes + cv.blocks(columns, facts) * facts.product_block_bytes)


def fully_connected_bytes(inputs: int, outputs: int, bits: int, facts: MemoryFacts) -> int:
    """A matrix from ``inputs`` to ``outputs`` features with ``bits`` a weight, and its biases."""
    wide = round_up(outputs, facts.channel_block)
    return (
        ceil(round_up(inputs, facts.feature_pair) * wide * bits / 8)
        + cv.blocks(outputs, facts) * facts.fully_connected_block_bytes
    )


def step_table_bytes(graph: Graph, node: Node, facts: MemoryFacts) -> int:
    """Tables and parameters of a step that has no kernel."""
    if _means_whole_map(graph, node):
        return 0
    fixed = facts.step_bytes.get(node.op)
    if fixed is not None:
        return fixed
    if node.op == "GroupNormalization":
        channels = next(iter((graph.shape(node.outputs[0]) or ())[1:]), 1)
        return (
            facts.table_bytes
            + facts.packing_bytes
            + cv.blocks(int(channels or 1), facts) * facts.weight_block_bytes
        )
    if node.op == "LayerNormalization":
        shape = graph.shape(node.outputs[0])
        features = int(shape[-1] or 1) if shape else 1
        return facts.table_bytes + cv.blocks(features, facts) * facts.weight_block_bytes
    if scale_and_shift(graph, node) is not None or adds_bias(graph, node) is not None:
        return 0
    if node.op == "BatchNormalization":
        shape = graph.shape(node.outputs[0]) or ()
        channels = int(shape[1] or 0) if len(shape) > 1 else 0
        return cv.blocks(channels, facts) * facts.scale_shift_bytes
    if node.op == "Add" and _ends_scale_and_shift(graph, node) and (shift := constant_operand(graph, node)):
        return cv.blocks(shift.size, facts) * facts.scale_shift_bytes
    if node.op in NONLINEAR:
        producer = graph.producer_of(node.input(0))
        producer = producer and (adds_bias(graph, producer) or producer)
        fused = (
            producer is not None
            and producer.op in (*CONVOLUTIONS, *MATRIX_PRODUCTS)
            and not producer.activation
            and (len(graph.consumers_of(node.input(0))) == 1 or _is_matrix(graph, producer))
            and not is_wide(graph, *node.outputs)
        )
        if not fused or producer is None:
            return facts.table_bytes + facts.step_table_bytes
        if (
            node.op not in NOT_NEGATIVE
            and _is_matrix(graph, producer)
            and not is_pointwise_product(graph, producer)
        ):
            return facts.table_bytes + facts.step_table_bytes
        return facts.table_bytes * _tables(graph, producer, facts)
    if node.op in ELEMENTWISE:
        return _elementwise(graph, node, facts)
    if node.op == "Concat":
        return joined_bytes(graph, node, facts)
    if node.op == "Reshape":
        shapes = [graph.shape(t) for t in (node.input(0), node.outputs[0])]
        read, written = map(static, shapes)
        moved = len(written) > 2 and [d for d in read if d != 1] != [d for d in written if d != 1]
        if moved and not kept_axes(read, written):
            return facts.reshape_bytes
    return 0


def _means_whole_map(graph: Graph, node: Node) -> bool:
    """Whether an AveragePool covers its input: a mean for the converter, without the kernel of one (tests/memory/test_whole_map.py)."""
    shape, kernel = graph.shape(node.input(0)), node.attrs.get("kernel_shape", ())
    covers = shape is not None and tuple(shape[2:]) == tuple(kernel)
    return node.op == "AveragePool" and covers and not any(node.attrs.get("pads", ()))


def _before_reciprocal_root(graph: Graph, node: Node) -> bool:
    """Whether a number over the root of the result is all that is made of it."""
    root = graph.only_reader(node.outputs[0])
    over = graph.only_reader(root.outputs[0]) if root is not None and root.op == "Sqrt" else None
    return over is not None and over.op == "Div" and graph.is_constant(over.inputs[0])


def _is_matrix(graph: Graph, node: Node) -> bool:
    """Whether a step runs as a matrix product."""
    if node.op in MATRIX_PRODUCTS:
        return True
    conv = cv.read_convolution(graph, node)
    return conv is not None and cv.is_pointwise_vector(graph, node, conv)


def _ends_scale_and_shift(graph: Graph, node: Node) -> bool:
    sources = list(graph.activations(node))
    scale = graph.producer_of(sources[0]) if len(sources) == 1 else None
    return scale is not None and scale_and_shift(graph, scale) is node


def _tables(graph: Graph, node: Node | None, facts: MemoryFacts) -> int:
    """Tables that what a convolution takes in needs: a grouped one has two, one run by group one a group."""
    conv = cv.read_convolution(graph, node) if node is not None and node.op in CONVOLUTIONS else None
    if conv is None or conv.groups == 1:
        return 1
    return conv.groups if cv.runs_by_group(conv, facts) else 2


def _elementwise(graph: Graph, node: Node, facts: MemoryFacts) -> int:
    sources = list(graph.activations(node))
    shapes = [graph.shape(t) for t in sources]
    vectors = [s is not None and all(d == 1 for d in s[2:]) for s in shapes]
    if node.op == "Div":
        producer = graph.producer_of(sources[-1]) if sources else None
        rooted = producer is not None and producer.op == "Sqrt" and len(sources) == 1
        return 0 if rooted else facts.table_bytes + facts.elementwise_bytes
    if (
        node.op != "Pow" and len(sources) == 1 and len(node.inputs) == 2 and node.inputs[0] != node.inputs[1]
    ):  # with a constant
        constant = constant_operand(graph, node)
        if all(vectors) and any(graph.shape(t) == () for t in node.inputs):
            beside = 0 if _before_reciprocal_root(graph, node) else facts.constant_bytes
            return facts.elementwise_bytes + beside  # a number (rsqrt, own_groups)
        return facts.broadcast_bytes if constant is None else constant_bytes(graph, node, constant, facts)
    if (
        node.op == "Mul"
        and len(sources) == 2
        and any(vectors)
        and not all(vectors)
        and not is_wide(graph, *sources)
    ):
        return facts.broadcast_bytes
    joined = joins_convolution(graph, node)
    if joined is not None:
        return facts.table_bytes * _tables(graph, graph.producer_of(joined), facts)
    return facts.elementwise_bytes
