"""How a convolution runs on the device: its layouts, the polyphase form, scratch and weights.

A dense convolution reads planes when its input lies in planes and has fewer
than 32 channels and its kernel is a square up to 8x8, blocks otherwise; it writes
planes up to 16 channels. Before a kernel wider than 1 the planes are padded by
four transforms (rows, turn, columns, turn back). Depthwise, grouped and dilated convolutions read and
write blocks.

With a stride, a dense convolution may become stride 1 over its input's
phases: s x s interleaved sub-images stacked as channels, kernel ceil(k / s).
"""

from __future__ import annotations

from math import ceil, prod
from typing import NamedTuple

from ..graph.ir import Graph, Node
from .layout import Layout, MemoryFacts

Pair = tuple[int, int]


class Convolution(NamedTuple):
    """The parameters of a convolution node, batch left out."""

    inputs: int
    outputs: int
    groups: int
    kernel: Pair
    stride: Pair
    dilation: Pair
    pads: tuple[int, int, int, int]
    transposed: bool
    bits: int

    @property
    def depthwise(self) -> bool:
        """Whether every input channel has its own filters."""
        return self.groups > 1 and self.groups == self.inputs

    @property
    def dense(self) -> bool:
        """One group, no dilation, not transposed: the form that can work on planes."""
        return self.groups == 1 and self.dilation == (1, 1) and not self.transposed


def weight_bits(graph: Graph, tensor: str) -> int:
    """Bits of the elements of a constant: what its quantizer says, 8 for a float graph."""
    found = graph.tensors.get(tensor)
    return found.bits if found is not None and found.bits else 8


def constant_shape(graph: Graph, tensor: str) -> tuple[int, ...] | None:
    """Shape of a constant input, None when it is none or its shape is unknown."""
    if not tensor or not graph.is_constant(tensor):
        return None
    shape = graph.shape(tensor)
    if shape is None or any(d is None for d in shape):
        return None
    return tuple(int(d) for d in shape if d is not None)


def blocks(channels: int, facts: MemoryFacts) -> int:
    """Blocks of 32 that ``channels`` fill."""
    return ceil(channels / facts.channel_block)


def read_convolution(graph: Graph, node: Node) -> Convolution | None:
    """The convolution's parameters; None when its kernel's shape is unknown or not two-dimensional."""
    shape = constant_shape(graph, node.input(1))
    if shape is None or len(shape) not in (3, 4):
        return None
    groups = int(node.attrs.get("group", 1))
    transposed = node.op == "ConvTranspose"
    if transposed:
        inputs, outputs = shape[0], shape[1] * groups
    else:
        inputs, outputs = shape[1] * groups, shape[0]

    def pair(name: str) -> Pair:
        values = [int(v) for v in node.attrs.get(name, ())] or [1, 1]
        return (1, values[0]) if len(values) == 1 else (values[0], values[1])

    kernel = (1, shape[2]) if len(shape) == 3 else (shape[2], shape[3])
    pads = [int(v) for v in node.attrs.get("pads", ())]
    if len(pads) == 2:
        pads = [0, pads[0], 0, pads[1]]
    padded = (pads[0], pads[1], pads[2], pads[3]) if len(pads) == 4 else (0, 0, 0, 0)
    bits = weight_bits(graph, node.input(1))
    return Convolution(
        inputs, outputs, groups, kernel, pair("strides"), pair("dilations"), padded, transposed, bits
    )


def is_pointwise_vector(graph: Graph, node: Node, conv: Convolution) -> bool:
    """Whether a 1x1 convolution works on a tensor without extent: it runs as a matrix product."""
    shapes = [graph.shape(t) for t in (*node.inputs[:1], *node.outputs[:1])]
    return (
        conv.groups == 1
        and conv.kernel == (1, 1)
        and all(s is not None and all(d == 1 for d in s[2:]) for s in shapes)
    )


def takes_whole_map(graph: Graph, node: Node, conv: Convolution) -> bool:
    """Whether a dense convolution covers its input and writes one place: it runs as a Reshape and a matrix product (tests/memory/test_whole_map.py)."""
    shape = graph.shape(node.inputs[0])
    return (
        conv.dense
        and conv.kernel != (1, 1)
        and not any(conv.pads)
        and shape is not None
        and tuple(shape[2:]) == conv.kernel
    )


def runs_by_group(conv: Convolution, facts: MemoryFacts) -> bool:
    """Whether a grouped convolution becomes one dense convolution a group: where neither the groups nor their inputs fill a block evenly."""
    return (
        not conv.transposed
        and facts.native_group_inputs % (conv.inputs // conv.groups) != 0
        and conv.groups not in facts.native_groups
    )


def pointwise(inputs: int, outputs: int, bits: int) -> Convolution:
    """A dense 1x1 convolution."""
    return Convolution(inputs, outputs, 1, (1, 1), (1, 1), (1, 1), (0, 0, 0, 0), False, bits)


def one_group(conv: Convolution) -> Convolution:
    """The dense convolution of one group."""
    return conv._replace(inputs=conv.inputs // conv.groups, outputs=conv.outputs // conv.groups, groups=1)


def is_polyphase(conv: Convolution, facts: MemoryFacts) -> bool:
    """Whether the converter turns the stride into phases: when that adds few weights."""
    if not conv.dense or conv.stride == (1, 1):
        return False
    taps = prod(phase_kernel(conv)) * prod(conv.stride)
    return (taps - prod(conv.kernel)) * conv.inputs * conv.outputs <= facts.phase_weights


def is_sampled(conv: Convolution, facts: MemoryFacts) -> bool:
    """Whether a strided 1x1 kernel reads a sub-sampled copy of its input."""
    return conv.dense and conv.stride != (1, 1) and conv.kernel == (1, 1) and not is_polyphase(conv, facts)


def phase_kernel(conv: Convolution) -> Pair:
    """The kernel over the phases."""
    return ceil(conv.kernel[0] / conv.stride[0]), ceil(conv.kernel[1] / conv.stride[1])


def writes_planes(conv: Convolution, facts: MemoryFacts) -> bool:
    """Whether the result lies in planes."""
    return conv.dense and conv.outputs <= facts.planar_channels


def scratch_bytes(conv: Convolution, facts: MemoryFacts) -> int:
    """Runtime memory that the convolution takes besides its input and output."""
    if writes_planes(conv, facts):
        return facts.planar_convolution_bytes
    if conv.groups > 1:
        taps = (_grouped_side(conv, facts) // 2) ** 2
        each = taps * facts.depthwise_tap_bytes + conv.inputs // conv.groups * facts.depthwise_block_bytes
        return blocks(conv.outputs, facts) * each
    return 0


def stored_kernel(conv: Convolution, facts: MemoryFacts) -> Pair:
    """A dense kernel as stored: below 32 inputs the side of a square one is a multiple of 2 or 3 (pad_kernels,
    big_kernels: 5, 7, 11 and 13 take one more, 9 and 15 none), and a 3x3 takes one more along an axis with a stride
    of 2, not of 4 and more (narrow_strides)."""
    side = conv.kernel[0]
    if side != conv.kernel[1] or conv.inputs >= facts.channel_block or conv.transposed:
        return conv.kernel
    if side == 3:
        return 3 + (conv.stride[0] == 2), 3 + (conv.stride[1] == 2)
    if side > 3 and side % 2 and side % 3:
        side += 1
    return side, side


def _grouped_side(conv: Convolution, facts: MemoryFacts) -> int:
    """The side of the square that a grouped kernel is stored in; of kernels that the converter refuses, the even one."""
    longest = max(conv.kernel)
    return next((side for side in facts.grouped_sides if side >= longest), 2 * ceil(longest / 2))


def stored_bits(conv: Convolution, facts: MemoryFacts) -> int:
    """Bits of a kernel's element in the model memory: its quantizer's, but a byte where less than a block is read."""
    phases = prod(conv.stride) if is_polyphase(conv, facts) else 1
    whole = conv.groups == 1 or conv.depthwise
    narrow = whole and not conv.transposed and conv.inputs * phases < facts.channel_block
    return max(conv.bits, facts.narrow_bits) if narrow else conv.bits


def weight_bytes(conv: Convolution, facts: MemoryFacts) -> int:
    """Bytes of kernel and bias in the model memory: per block of outputs a kernel and the block's biases."""
    if runs_by_group(conv, facts):
        return conv.groups * weight_bytes(one_group(conv), facts)
    if conv.groups > 1 and conv.outputs > conv.inputs:  # one convolution for each result of an input
        times = conv.outputs // conv.inputs
        return times * weight_bytes(conv._replace(outputs=conv.inputs), facts)
    if conv.groups > 1:  # one row of 32 bytes a tap
        taps = _grouped_side(conv, facts) ** 2
        kernel = conv.inputs // conv.groups * taps * facts.channel_block
    elif is_polyphase(conv, facts):
        kernel = prod(phase_kernel(conv)) * blocks(conv.inputs * prod(conv.stride), facts) * facts.tap_bytes
    else:
        kernel = prod(stored_kernel(conv, facts)) * blocks(conv.inputs, facts) * facts.tap_bytes
    return blocks(conv.outputs, facts) * (
        ceil(kernel * stored_bits(conv, facts) / 8) + facts.weight_block_bytes
    )


def reads_planes(conv: Convolution, source: Layout, facts: MemoryFacts) -> bool:
    """Whether the convolution takes its input in planes: a kernel that is no square reads blocks (line_taps, oblong), and so
    does a long one (big_kernels, pad_kernels)."""
    high, wide = conv.kernel
    few = conv.inputs < facts.channel_block and high == wide <= facts.planar_side
    return conv.dense and source is not Layout.BLOCKS and few
