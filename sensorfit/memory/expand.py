"""The device graph as the steps the sensor runs, with the transforms between layouts."""

from __future__ import annotations

from math import prod

from ..graph.ir import Graph, Node
from . import convolution as cv
from .device import Program
from .expansion import Expansion, Value
from .fusion import (
    BYTE,
    NONLINEAR,
    bits_before_table,
    full_constant,
    is_wide,
    joins_convolution,
    scale_and_shift,
)
from .groups import split_groups
from .layout import SIDE_BY_SIDE, Extent, Facts, Layout, leanest, round_up, tensor_bytes
from .normalise import channels_moved, layer_normalisation, rectified_normalisation, wide_normalisation
from .phases import polyphase, sample
from .product import is_product, matrix_product

IN_BLOCKS = frozenset(
    {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization"}
)  # fmt: skip
ELEMENTWISE = frozenset({"Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"})
FUSED_IN_PLACE = NONLINEAR | {"Relu", "Clip", "LeakyRelu"}
"""What rides on the step before it when nobody else reads that step's result."""
CUTS = frozenset({"Split", "Slice"})
VIEWS = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast"})


def expand(graph: Graph, facts: Facts) -> Program:
    """The steps of ``graph`` with their buffers, in an order that respects the data."""
    state = Expansion(graph, facts)
    for name in graph.inputs:
        extent = state.extent(name)
        even = extent.resized(rows=round_up(extent.rows, facts.input_rows))
        size = tensor_bytes(even, Layout.PLANES, facts) + facts.input_guard_bytes
        buffer = state.store(name, "", size, Layout.PLANES)
        state.program.inputs.append(buffer)
        state.program.input_bytes += size
        state.values[name] = Value(buffer, Layout.PLANES, extent)
    for node in graph.nodes:
        _expand_node(state, node)
    for name in graph.outputs:
        _expand_output(state, name)
    return state.program


def _sources(state: Expansion, node: Node) -> list[str]:
    return [t for t in state.graph.activations(node) if t in state.values]


def _expand_node(state: Expansion, node: Node) -> None:
    sources = _sources(state, node)
    if not sources:
        for tensor in node.outputs:
            if tensor:
                state.put(node, tensor, Layout.PLANES, [])
        return None
    if node.op in ("Conv", "ConvTranspose"):
        conv = cv.read_convolution(state.graph, node)
        if conv is not None:
            return _expand_convolution(state, node, conv, sources)
    if node.op in FUSED_IN_PLACE and (
        is_wide(state.graph, *sources) or bits_before_table(state.graph, sources[0])
    ):
        value = state.values[sources[0]]
        state.put(node, node.outputs[0], value.layout, [value.buffer])
        return None
    if node.op in FUSED_IN_PLACE and len(sources) == 1 and len(state.graph.consumers_of(sources[0])) == 1:
        state.program.fused.add(state.values[sources[0]].buffer)
        state.alias(node.outputs[0], sources[0])
        return None
    if node.op in VIEWS:
        return _expand_view(state, node, sources[0])
    if node.op in ("InstanceNormalization", "GroupNormalization"):
        return wide_normalisation(state, node, sources[0])
    if node.op == "LayerNormalization" and not state.extent(node.outputs[0]).is_vector:
        return layer_normalisation(state, node, sources[0])
    if node.op == "Transpose" and channels_moved(state, node, sources[0]):
        return None
    if scale_and_shift(state.graph, node):
        return state.alias(node.outputs[0], sources[0])
    if (
        node.op == "Add"
        and (scale := state.graph.producer_of(sources[0]))
        and scale_and_shift(state.graph, scale)
    ):
        return _write_all(state, node, sources, Layout.BLOCKS)
    if node.op in ("Resize", "Upsample"):
        return _expand_resize(state, node, sources)
    if node.op == "BatchNormalization" and node.activation:
        return rectified_normalisation(state, node, sources[0])
    if node.op in IN_BLOCKS or (node.op.startswith("Reduce") and state.extent(node.outputs[0]).is_vector):
        return _write_all(state, node, sources, Layout.BLOCKS)
    if node.op.startswith("Reduce"):
        extents = [state.values[sources[0]].extent, state.extent(node.outputs[0])]
        return _write_all(state, node, sources, leanest((Layout.TURNED, Layout.PLANES), extents, state.facts))
    if node.op in ELEMENTWISE:
        return _expand_elementwise(state, node, sources)
    if node.op == "TileSlice":
        return _write_all(state, node, sources, state.values[sources[0]].layout)
    if node.op == "TileConcat":
        layouts = {state.values[t].layout for t in sources}
        return _write_all(state, node, sources, layouts.pop() if len(layouts) == 1 else Layout.PLANES)
    if node.op == "Concat":
        return _expand_concat(state, node, sources)
    if node.op in CUTS:
        return _write_all(state, node, sources, _cut_layout(state, node, sources))
    if is_product(state.graph, node):
        return matrix_product(state, node, [node.inputs[0], node.inputs[1]])
    return _write_all(state, node, sources, Layout.PLANES)


def _cut_layout(state: Expansion, node: Node, sources: list[str]) -> Layout:
    """Channels are cut out of planes or turned planes, of those in blocks whichever take least."""
    value, part = state.values[sources[0]], state.extent(node.outputs[0])
    if value.layout is not Layout.BLOCKS or (part.rows, part.columns) != (
        value.extent.rows,
        value.extent.columns,
    ):
        return Layout.PLANES
    return leanest((Layout.TURNED, Layout.PLANES), [value.extent, part], state.facts)


def _write_all(state: Expansion, node: Node, sources: list[str], layout: Layout) -> None:
    reads = [state.bring(t, layout, node.name).buffer for t in sources]
    outputs = [t for t in node.outputs if t]
    for tensor in outputs[:1]:
        state.put(node, tensor, layout, reads)
    for tensor in outputs[1:]:  # each part is cut out of a copy of its own
        reads = [state.bring(t, layout, node.name).buffer for t in sources]
        extent = state.extent(tensor)
        buffer = state.store(tensor, "", tensor_bytes(extent, layout, state.facts), layout)
        state.step(f"{node.name}/{tensor}", node.op, reads, [buffer])
        state.values[tensor] = Value(buffer, layout, extent)


def _expand_view(state: Expansion, node: Node, source: str) -> None:
    """A copy in planes, their rows filled to whole blocks; with the channels kept, as rows of whole planes."""
    layout, out = state.values[source].layout, state.extent(node.outputs[0])
    value = state.values[source]
    if value.extent == out or value.extent.is_vector:
        state.put(node, node.outputs[0], layout, [value.buffer])
        return
    if out.channels == value.extent.channels and node.op == "Reshape":
        value = state.transform(
            value, value.extent, Layout.BLOCKS, f"{node.name}/transform", f"whole planes for {node.name}"
        )
        whole = state.store(
            node.outputs[0], "whole planes", tensor_bytes(out, Layout.BLOCKS, state.facts), Layout.BLOCKS
        )
        state.step(node.name, node.op, [value.buffer], [whole])
        wanted = Layout.PLANES if out.channels < state.facts.channel_block else Layout.BLOCKS
        value = state.transform(
            Value(whole, Layout.BLOCKS, out), out, wanted, f"{node.name}/lay", f"of {node.name}"
        )
        state.values[node.outputs[0]] = value
        return
    value = state.bring(source, Layout.PLANES, node.name)
    rows = out.channels * out.rows
    fill = round_up(rows, state.facts.row_block) - rows
    row = tensor_bytes(out.resized(1, 1), Layout.PLANES, state.facts)
    state.put(node, node.outputs[0], Layout.PLANES, [value.buffer], 0 if out.is_vector else fill * row)


def _expand_resize(state: Expansion, node: Node, sources: list[str]) -> None:
    """Reads and writes blocks; to enlarge, keeps a copy of its input with a border of one element meanwhile."""
    value = state.bring(sources[0], Layout.BLOCKS, node.name)
    extent, out = value.extent, state.extent(node.outputs[0])
    border = 2 * state.facts.resize_border
    scratch = state.facts.reduction_bytes
    if out.rows > extent.rows or out.columns > extent.columns:
        scratch = tensor_bytes(extent.grown(border, border), Layout.BLOCKS, state.facts)
    state.put(node, node.outputs[0], Layout.BLOCKS, [value.buffer], scratch)


def _expand_elementwise(state: Expansion, node: Node, sources: list[str]) -> None:
    if _fuse_add(state, node, sources):
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


def _leaner_layout(state: Expansion, value: Value) -> Layout:
    """Planes where they are clearly smaller than blocks."""
    if value.layout is not Layout.BLOCKS:
        return value.layout
    sizes = {
        x: tensor_bytes(value.extent, x, state.facts) for x in (Layout.PLANES, Layout.TURNED, Layout.BLOCKS)
    }
    best = min((Layout.PLANES, Layout.TURNED), key=sizes.__getitem__)
    return best if sizes[best] <= state.facts.planes_ratio * sizes[Layout.BLOCKS] else Layout.BLOCKS


def _fuse_add(state: Expansion, node: Node, sources: list[str]) -> bool:
    """Let the convolution that makes one operand add the other, which it reads in blocks, and write the sum."""
    joined = joins_convolution(state.graph, node)
    if joined is None:
        return False
    mine = state.values[joined]
    index = next(
        i
        for i in range(len(state.program.operations) - 1, -1, -1)
        if mine.buffer in state.program.operations[i].writes
    )
    conv = state.program.operations.pop(index)
    other = next(t for t in sources if t != joined)
    operand = state.bring(other, Layout.BLOCKS, node.name)
    state.program.operations.append(conv._replace(reads=tuple(dict.fromkeys((*conv.reads, operand.buffer)))))
    extent = state.extent(node.outputs[0])
    size = tensor_bytes(extent, mine.layout, state.facts)
    held = state.program.buffers[mine.buffer]
    state.program.buffers[mine.buffer] = held._replace(bytes=size)
    state.program.fused.add(mine.buffer)
    state.values[node.outputs[0]] = Value(mine.buffer, mine.layout, extent)
    return True


def _expand_concat(state: Expansion, node: Node, sources: list[str]) -> None:
    """In the layout in which operands and result together take the least."""
    bits = state.working_bits(node, state.extent(node.outputs[0]))
    extents = [state.values[t].extent for t in sources]
    layout = leanest(SIDE_BY_SIDE, [*extents, state.extent(node.outputs[0])], state.facts)
    reads = [state.bring(t, layout, node.name, bits).buffer for t in sources]
    state.put(node, node.outputs[0], layout, reads)


def _expand_convolution(state: Expansion, node: Node, conv: cv.Convolution, sources: list[str]) -> None:
    facts = state.facts
    value = state.values[sources[0]]
    if cv.is_pointwise_vector(state.graph, node, conv):
        state.put(node, node.outputs[0], Layout.VECTOR, [value.buffer])
        return
    if cv.runs_by_group(conv, facts):
        split_groups(state, node, conv, value, _convolution_input)
        return
    value = _convolution_input(state, node, conv, value)
    layout = Layout.PLANES if cv.writes_planes(conv, facts) else Layout.BLOCKS
    scratch = cv.scratch_bytes(conv, facts)
    state.put(node, node.outputs[0], layout, [value.buffer], scratch)


def _convolution_input(state: Expansion, node: Node, conv: cv.Convolution, value: Value) -> Value:
    """``value`` as the convolution reads it: in phases or sampled for a stride, in padded planes, or in blocks."""
    facts = state.facts
    if cv.is_polyphase(conv, facts):
        return polyphase(state, node, conv, value)
    if cv.is_sampled(conv, facts):
        return sample(state, node, conv, state.lay(value, Layout.BLOCKS, node.name))
    if cv.reads_planes(conv, value.layout, facts) and not value.extent.is_vector:
        return _pad_planes(state, node, conv, value)
    return state.lay(value, Layout.BLOCKS, node.name)


def _pad_planes(state: Expansion, node: Node, conv: cv.Convolution, value: Value) -> Value:
    """Planes padded for a kernel: pad rows, turn, pad columns, turn back."""
    top, left, bottom, right = conv.pads
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


def _expand_output(state: Expansion, tensor: str) -> None:
    """An output leaves through two transforms: into blocks, then into packed planes; a vector stays one."""
    value = state.values.get(tensor)
    if value is None:
        return
    name = f"{tensor}/output"
    if value.extent.is_vector or value.extent.channels == 1:
        layout = Layout.VECTOR if value.extent.is_vector else Layout.PACKED
        size = round_up(tensor_bytes(value.extent, layout, state.facts), state.facts.row_block)
        buffer = state.store(tensor, "out", size, layout)
        state.step(name, "Transform", [value.buffer], [buffer])
    else:
        value = state.transform(value, value.extent, Layout.BLOCKS, f"{name}-0", "blocks for output")
        value = state.transform(value, value.extent, Layout.PACKED, f"{name}-1", "packed for output")
        buffer = value.buffer
    state.program.outputs.append(buffer)
