"""Bytes of the weights: kernels padded to blocks of 32 channels, biases, tables."""

from __future__ import annotations

from math import ceil, prod

from ..graph.ir import Graph, Node
from .layout import Facts, round_up

CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
MATRIX_PRODUCTS = frozenset({"Gemm", "MatMul"})


def weight_bits(graph: Graph, tensor: str) -> int:
    """Bits of the elements of a constant: what its quantizer says, 8 for a float graph."""
    found = graph.tensors.get(tensor)
    return found.bits if found is not None and found.bits else 8


def blocks(channels: int, facts: Facts) -> int:
    """Blocks of 32 that ``channels`` fill."""
    return ceil(channels / facts.channel_block)


def dense_bytes(inputs: int, outputs: int, taps: int, facts: Facts) -> int:
    """A dense kernel from ``inputs`` to ``outputs`` channels with ``taps`` positions, 8 bits."""
    each = taps * blocks(inputs, facts) * facts.tap_bytes + facts.weight_block_bytes
    return blocks(outputs, facts) * each


def grouped_bytes(inputs_per_group: int, outputs: int, kernel: tuple[int, int], facts: Facts) -> int:
    """A depthwise or grouped kernel: its sides rounded up to even, one row of 32 bytes a tap."""
    taps = prod(2 * ceil(side / 2) for side in kernel)
    return blocks(outputs, facts) * (inputs_per_group * taps * facts.channel_block + facts.weight_block_bytes)


def fully_connected_bytes(inputs: int, outputs: int, facts: Facts) -> int:
    """A matrix from ``inputs`` to ``outputs`` features, 8 bits."""
    wide = round_up(outputs, facts.channel_block)
    return inputs * wide + blocks(outputs, facts) * facts.fully_connected_block_bytes


def scaled(value: int, bits: int) -> int:
    """Bytes of ``value`` eight-bit weights at another width."""
    return ceil(value * bits / 8)


def constant_shape(graph: Graph, tensor: str) -> tuple[int, ...] | None:
    """Shape of a constant input, None when it is none or its shape is unknown."""
    if not tensor or not graph.is_constant(tensor):
        return None
    shape = graph.shape(tensor)
    if shape is None or any(d is None for d in shape):
        return None
    return tuple(int(d) for d in shape if d is not None)


def is_convolution(graph: Graph, node: Node) -> bool:
    """Whether ``node`` is a two-dimensional convolution with a constant kernel of known shape."""
    shape = constant_shape(graph, node.input(1))
    return node.op in CONVOLUTIONS and shape is not None and len(shape) == 4


def model_weight_bytes(graph: Graph, facts: Facts) -> tuple[int, tuple[str, ...], bool]:
    """Bytes of the whole model's weights, sentences about what was estimated, and whether all sizes are known."""
    from .convolution import read_convolution, weight_bytes

    total = facts.model_bytes
    notes: dict[str, None] = {}
    known = True
    for node in graph.nodes:
        if node.op in CONVOLUTIONS:
            conv = read_convolution(graph, node)
            if conv is not None:
                spatial = [graph.shape(t) for t in (*node.inputs[:1], *node.outputs[:1])]
                if conv.groups == 1 and all(s is not None and all(d == 1 for d in s[2:]) for s in spatial):
                    total += fully_connected_bytes(conv.inputs, conv.outputs, facts)
                else:
                    total += weight_bytes(conv, facts)
            else:
                known = False
                notes["the weights of some convolutions have no known shape"] = None
        elif node.op in MATRIX_PRODUCTS:
            matrix = next(
                (s for t in node.inputs[:2] if (s := constant_shape(graph, t)) is not None and len(s) == 2),
                None,
            )
            if matrix is not None:
                transposed = node.op == "Gemm" and node.attrs.get("transB", 0)
                inputs, outputs = (matrix[1], matrix[0]) if transposed else matrix
                total += fully_connected_bytes(inputs, outputs, facts)
    return total, tuple(notes), known
