"""Sums, products and their like of two operands: in which layout they meet, and which a convolution takes in."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..graph.ir import Graph, Node
from .builder import StepBuilder, Value
from .constants import TOKEN_AXES, Constant, constant_operand, laid_bytes, moved, rearranged
from .fusion import BYTE, joins_convolution
from .layout import Extent, Layout, leaner, leanest, tensor_bytes
from .rearranging import is_narrow

MAP_AXES = 4


def elementwise(state: StepBuilder, node: Node, sources: list[str]) -> None:
    if _joined_by_convolution(state, node, sources):
        return
    spatial = [t for t in sources if not state.values[t].extent.is_vector]
    layouts = [state.values[t].layout for t in spatial]
    layout = Layout.BLOCKS
    if layouts and Layout.BLOCKS not in layouts:
        extents = [state.values[t].extent for t in spatial]
        tokens = len(state.graph.shape(node.outputs[0]) or ()) == TOKEN_AXES  # test_l2_norm
        base = Layout.PLANES if tokens else leanest(layouts, extents, state.facts)  # timm_pvt_small_fixed
        layout = leaner(base, TOKEN_AXES, extents, state.facts)  # thin_sums
        moved_map = len(spatial) > 1 and not tokens and any(rearranged(state.graph, t) for t in spatial)
        if moved_map and leaner(layout, MAP_AXES, extents, state.facts) is Layout.BLOCKS:
            layout = Layout.OTHER_BLOCKS  # e4021
    bits = state.working_bits(node, state.extent(node.outputs[0]))
    if len(spatial) == 1 and len(sources) == 2:  # a product with a vector
        value = state.values[spatial[0]]
        layout = _leaner_layout(state, value, [value.extent])
        if layout is value.layout is not Layout.BLOCKS and not is_narrow(state, value.buffer):
            axes = len(state.graph.shape(node.outputs[0]) or ())
            if leaner(layout, axes, [value.extent], state.facts) is Layout.BLOCKS:
                layout = Layout.OTHER_BLOCKS  # smp_fpn_efficientnet_b0
        if sources[0] != spatial[0] and value.layout is layout:
            copy = state.transform(
                value, value.extent, layout, f"{node.name}/transform", f"copy for {node.name}"
            )
            result = copy.buffer
        else:
            result = state.bring(spatial[0], layout, node.name).buffer
        state.put(
            node,
            node.outputs[0],
            layout,
            [result, _laid(state, node, next(t for t in sources if t != spatial[0]), layout)],
        )
        return
    constant = constant_operand(state.graph, node) if node.op != "Pow" else None
    if constant is not None:
        _with_constant(state, node, sources[0], constant, bits)
        return
    if len(spatial) > 1 and layout is Layout.BLOCKS:
        extents = [*(state.values[t].extent for t in spatial), state.extent(node.outputs[0])]
        layout = _leaner_layout(state, state.values[spatial[0]], extents)
    values = [state.bring(t, layout, node.name, bits) for t in sources]
    if len(values) == 1 and _reads_twice(state.graph, node):  # once as a copy
        values.append(state.copy(values[0], node))
    state.put(node, node.outputs[0], layout, [v.buffer for v in values])


def _laid(state: StepBuilder, node: Node, vector: str, layout: Layout) -> str:
    """The vector that a map is multiplied by, laid as the map: 32 B a channel in planes (e4007, e37)."""
    value = state.values[vector]
    label = f"{layout.name.lower()} for {node.name}"
    return state.transform(value, value.extent, layout, f"{node.name}/transform", label).buffer


def _reads_twice(graph: Graph, node: Node) -> bool:
    """Whether it is the product of a tensor with itself, as a square is on the device (/Pow_id in ln2d)."""
    square = node.op == "Pow" and [*(graph.numbers(node.input(1)) or ())] == [2]
    return square or node.input(1) == node.inputs[0]


def _with_constant(state: StepBuilder, node: Node, source: str, constant: Constant, bits: int) -> None:
    """In the layout of the activation, or what is clearly smaller with the constant in it."""
    facts, value = state.facts, state.values[source]
    layout = value.layout
    if not value.extent.is_vector:
        extents = [value.extent, state.extent(node.outputs[0]), constant.extent]
        layout = leaner(layout, len(constant.shape), extents, facts)
        if (
            layout in (Layout.BLOCKS, Layout.OTHER_BLOCKS)
            and constant.first
            and not moved(state.graph, source)
        ):
            layout = Layout.FILE_BLOCKS  # first_scale
    value = state.bring(source, layout, node.name, bits)
    if bits > BYTE:  # the constant, cast
        held = tensor_bytes(Extent(prod(constant.shape), bits=bits), Layout.VECTOR, facts)
    else:
        held = laid_bytes(state.graph, constant, source, value.layout, facts)
    state.put(node, node.outputs[0], layout, [value.buffer], held)


def _leaner_layout(state: StepBuilder, value: Value, extents: Sequence[Extent]) -> Layout:
    """The layout of ``value``, or planes, turned or not, where activations of ``extents`` are clearly smaller in them together."""
    if value.layout is not Layout.BLOCKS and len({*extents}) == 1:  # own_groups
        return leaner(value.layout, TOKEN_AXES, extents, state.facts)
    sizes = {
        x: sum(tensor_bytes(e, x, state.facts) for e in extents)
        for x in (Layout.PLANES, Layout.TURNED, Layout.BLOCKS)
    }
    best = min((Layout.PLANES, Layout.TURNED), key=sizes.__getitem__)
    return best if sizes[best] <= state.facts.planes_ratio * sizes[Layout.BLOCKS] else Layout.BLOCKS


def _joined_by_convolution(state: StepBuilder, node: Node, sources: list[str]) -> bool:
    """Let the convolution that makes one operand add the other, which it reads in blocks, and write the sum."""
    joined = joins_convolution(state.graph, node)
    if joined is None:
        return False
    mine = state.values[joined]
    conv = state.take(mine.buffer)
    other = next(t for t in sources if t != joined)
    blocks = Layout.PLANES if conv.op == "MatMul" else Layout.BLOCKS  # channels stand last
    operand = state.bring(other, blocks, node.name)
    state.append(conv._replace(reads=tuple(dict.fromkeys((*conv.reads, operand.buffer)))))
    extent = state.extent(node.outputs[0])
    size = tensor_bytes(extent, mine.layout, state.facts)
    held = state.program.buffers[mine.buffer]
    state.program.buffers[mine.buffer] = held._replace(bytes=size)
    state.program.fused.add(mine.buffer)
    state.values[node.outputs[0]] = Value(mine.buffer, mine.layout, extent)
    return True
