"""A convolution's steps: its input made ready, then the kernel.

value ─► phases, samples, padded planes or blocks ─► convolution ─► planes or blocks
"""

from __future__ import annotations

from math import prod

from ..graph.ir import Node
from . import convolution as cv
from .builder import StepBuilder, Value
from .constants import rearranged
from .groups import split_groups
from .layout import Layout
from .model import MANY_PHASES
from .phases import polyphase, sample


def convolution(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """The steps of ``node``, a convolution whose kernel is known."""
    facts, conv = state.facts, cv.read_convolution(state.graph, node)
    assert conv is not None
    value = state.values[sources[0]]
    if cv.is_pointwise_vector(state.graph, node, conv):
        state.put(node, node.outputs[0], Layout.VECTOR, [value.buffer])
        return
    if cv.takes_whole_map(state.graph, node, conv):
        value = state.bring(sources[0], Layout.PLANES, node.name)
        features = value.extent.resized(channels=conv.inputs * prod(conv.kernel), rows=1, columns=1)
        row = state.transform(
            value, features, Layout.VECTOR, f"{node.name}/row", f"one row for {node.name}", "Reshape"
        )
        state.put(node, node.outputs[0], Layout.VECTOR, [row.buffer])
        return
    if cv.is_polyphase(conv, facts) and prod(conv.stride) > facts.most_phases:
        state.program.missing[MANY_PHASES] = None
        state.put(node, node.outputs[0], Layout.BLOCKS, [value.buffer])
        return
    if cv.runs_by_group(conv, facts):
        split_groups(state, node, conv, value, _ready_input)
        return
    value = _ready_input(state, node, conv, value)
    layout = Layout.PLANES if cv.writes_planes(conv, facts) else Layout.BLOCKS
    scratch = cv.scratch_bytes(conv, facts)
    state.put(node, node.outputs[0], layout, [value.buffer], scratch)


def _ready_input(state: StepBuilder, node: Node, conv: cv.Convolution, value: Value) -> Value:
    """``value`` as the convolution reads it: in phases or sampled for a stride, in padded planes, or in blocks."""
    facts = state.facts
    narrow = conv.dense and conv.inputs < facts.channel_block and not cv.is_polyphase(conv, facts)
    if narrow and value.layout is Layout.BLOCKS and rearranged(state.graph, node.inputs[0]):
        value = state.lay(value, Layout.PLANES, node.name)  # its axes lie in another order: laid anew anyway
    if value.layout in (Layout.OTHER_BLOCKS, Layout.FILE_BLOCKS):
        layout = Layout.PLANES if narrow else Layout.BLOCKS
        return _ready_input(state, node, conv, state.lay(value, layout, node.name))
    if cv.is_polyphase(conv, facts):
        return polyphase(state, node, conv, value)
    if cv.is_sampled(conv, facts):
        return sample(state, node, conv, state.lay(value, Layout.BLOCKS, node.name))
    if cv.reads_planes(conv, value.layout, facts) and not value.extent.is_vector:
        return _pad_planes(state, node, conv, value)
    return state.lay(value, Layout.BLOCKS, node.name)


def _pad_planes(state: StepBuilder, node: Node, conv: cv.Convolution, value: Value) -> Value:
    """Planes padded for a kernel as it is stored: pad rows, turn, pad columns, turn back."""
    stored = cv.stored_kernel(conv, state.facts) if conv.stride == (1, 1) else conv.kernel
    top, left, bottom, right = conv.pads
    bottom, right = bottom + stored[0] - conv.kernel[0], right + stored[1] - conv.kernel[1]
    name = f"{node.name}/transform"
    if not any(conv.pads):
        if value.layout is Layout.PLANES:
            return value
        return state.transform(value, value.extent, Layout.PLANES, name, f"planes for {node.name}")
    if value.layout is not Layout.PLANES:
        value = state.transform(value, value.extent, Layout.PLANES, f"{name}-back", f"planes for {node.name}")
    tall = value.extent.grown(rows=top + bottom)
    full = value.extent.grown(top + bottom, left + right)
    turned = tall
    value = state.transform(value, tall, Layout.PLANES, f"{name}-0", f"rows padded for {node.name}")
    value = state.transform(value, turned, Layout.TURNED, f"{name}-1", f"turned for {node.name}")
    wide = turned.grown(columns=left + right)
    value = state.transform(value, wide, Layout.TURNED, f"{name}-2", f"columns padded for {node.name}")
    return state.transform(value, full, Layout.PLANES, f"{name}-3", f"padded for {node.name}")
