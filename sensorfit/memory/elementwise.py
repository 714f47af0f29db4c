"""Sums, products and their like of two operands: in which layout they meet, and which a convolution takes in."""

from __future__ import annotations

from math import prod

from ..graph.ir import Node
from . import convolution as cv
from .builder import StepBuilder, Value
from .fusion import BYTE, full_constant, joins_convolution
from .layout import Extent, Layout, tensor_bytes


def elementwise(state: StepBuilder, node: Node, sources: list[str]) -> None:
    if _joined_by_convolution(state, node, sources):
        return
    spatial = [t for t in sources if not state.values[t].extent.is_vector]
    layouts = [state.values[t].layout for t in spatial]
    layout = layouts[0] if layouts and Layout.BLOCKS not in layouts else Layout.BLOCKS
    bits = state.working_bits(node, state.extent(node.outputs[0]))
    if len(spatial) == 1 and len(sources) == 2:  # a product with a vector
        layout = _leaner_layout(state, state.values[spatial[0]])
        if sources[0] != spatial[0] and state.values[spatial[0]].layout is layout:
            value = state.values[spatial[0]]
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
            [result, *(state.values[t].buffer for t in sources if t != spatial[0])],
        )
        return
    if len(spatial) > 1 and layout is Layout.BLOCKS:
        layout = _leaner_layout(state, state.values[spatial[0]])
    values = [state.bring(t, layout, node.name, bits) for t in sources]
    if len(values) == 1 and node.input(1) == node.inputs[0]:  # read twice: once as a copy
        values.append(state.copy(values[0], node))
    held = 0
    if len(values) == 1 and bits > BYTE:  # the constant operand, cast
        constant = (
            cv.constant_shape(state.graph, next((t for t in node.inputs if t not in sources), "")) or ()
        )
        held = tensor_bytes(Extent(prod(constant), bits=bits), Layout.VECTOR, state.facts)
    if len(values) == 1 and full_constant(state.graph, node):  # the constant operand, laid as the other
        held = tensor_bytes(values[0].extent, values[0].layout, state.facts)
    state.put(node, node.outputs[0], layout, [v.buffer for v in values], held)


def _leaner_layout(state: StepBuilder, value: Value) -> Layout:
    """Planes where they are clearly smaller than blocks."""
    if value.layout is not Layout.BLOCKS:
        return value.layout
    sizes = {
        x: tensor_bytes(value.extent, x, state.facts) for x in (Layout.PLANES, Layout.TURNED, Layout.BLOCKS)
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
    operand = state.bring(other, Layout.BLOCKS, node.name)
    state.append(conv._replace(reads=tuple(dict.fromkeys((*conv.reads, operand.buffer)))))
    extent = state.extent(node.outputs[0])
    size = tensor_bytes(extent, mine.layout, state.facts)
    held = state.program.buffers[mine.buffer]
    state.program.buffers[mine.buffer] = held._replace(bytes=size)
    state.program.fused.add(mine.buffer)
    state.values[node.outputs[0]] = Value(mine.buffer, mine.layout, extent)
    return True
