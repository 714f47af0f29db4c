"""Concatenations and cuts, and the steps that read all in one layout."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.called import PART_OF_LAYER
from ..graph.ir import Node
from .builder import StepBuilder, Value
from .fusion import FUSES, KEEPS_PLACE
from .layout import SIDE_BY_SIDE, Layout, leanest, tensor_bytes
from .views import IMAGE_AXES, Lying, along, size_of, static


def write_all(state: StepBuilder, node: Node, sources: list[str], layout: Layout) -> None:
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


def concat(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """In the layout in which operands and result together take the least; of blocks in those that most operands are made for."""
    bits = state.working_bits(node, state.extent(node.outputs[0]))
    if _stacks(state, node) and all(state.values[t].extent.bits == bits for t in sources):
        _stacked(state, node, sources)
        return
    extents = [state.values[t].extent for t in sources]
    few = node.pattern == PART_OF_LAYER and extents[0].channels < state.facts.channel_block  # e4053
    choices = SIDE_BY_SIDE[1:] if few else SIDE_BY_SIDE
    layout = leanest(choices, [*extents, state.extent(node.outputs[0])], state.facts)
    if layout is Layout.BLOCKS:
        narrow = [is_narrow(state, state.values[t].buffer) for t in sources]
        if 2 * sum(narrow) > len(narrow) - narrow[0]:  # of as many the first decides (test_concat)
            layout = Layout.OTHER_BLOCKS
    reads = [state.bring(t, layout, node.name, bits).buffer for t in sources]
    state.put(node, node.outputs[0], layout, reads)


def _stacks(state: StepBuilder, node: Node) -> bool:
    """Whether operands of five axes are put side by side along the last, as torch.stack(maps, -1) has it."""
    shape = state.graph.shape(node.outputs[0]) or ()
    return len(shape) > IMAGE_AXES and node.attrs.get("axis", 0) in (-1, len(shape) - 1)


def _stacked(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """In blocks of channels or along the axis before the last, whichever take less (tests/memory/test_stacked.py)."""
    tensors = [*sources, node.outputs[0]]
    blocks = [along(static(state.graph.shape(t)), 1, state.extent(t).bits) for t in tensors]
    turned = [Lying(Layout.TURNED, state.extent(t), 1) for t in tensors]
    *lying, out = min(blocks, turned, key=lambda ways: sum(size_of(state, way) for way in ways))
    reads = []
    for tensor, way in zip(sources, lying, strict=True):
        value = state.values[tensor]
        lies = Lying(value.layout, value.extent, way.axis)
        if lies.layout is not way.layout or size_of(state, lies) != size_of(state, way):
            value = state.transform(
                value, way.extent, way.layout, f"{node.name}/transform", f"laid for {node.name}"
            )
        reads.append(value.buffer)
    buffer = state.store(node.outputs[0], "", size_of(state, out), out.layout)
    state.step(node.name, node.op, reads, [buffer])
    state.values[node.outputs[0]] = Value(buffer, *out)


def is_narrow(state: StepBuilder, buffer: str) -> bool:
    """Whether a narrow convolution wrote these planes, or it is what runs element by element on such; cuts and copies are not."""
    seen, waiting = {buffer}, [buffer]
    while waiting:
        name = waiting.pop()
        if name in state.narrow:
            found = state.narrow[name]
        elif state.program.buffers[name].layout in (Layout.BLOCKS, Layout.VECTOR) or name not in state.writer:
            found = False
        elif (step := state.step_of(name)).op in KEEPS_PLACE:
            maps = (r for r in step.reads if state.program.buffers[r].layout is not Layout.VECTOR)
            new = {*map(state.before_transforms, maps)} - seen
            seen |= new
            waiting += new
            found = True
        else:
            found = step.op in FUSES
        if not found:
            break
    state.narrow[buffer] = found
    return found


def pad(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """Rows in blocks or planes, columns in blocks or turned planes, whichever take less: a step each. Channels in planes."""
    facts, name = state.facts, node.name
    value, full = state.values[sources[0]], state.extent(node.outputs[0])
    tall = value.extent.resized(rows=full.rows)
    if full.channels != value.extent.channels:
        write_all(state, node, sources, Layout.PLANES)
        return
    if tall.rows != value.extent.rows:
        flat = leanest((Layout.BLOCKS, Layout.PLANES), [value.extent, tall], facts)
        if full == tall:
            write_all(state, node, sources, flat)
            return
        value = state.bring(sources[0], flat, name)
        value = state.transform(value, tall, flat, f"{name}/pad-rows", f"rows padded for {name}", "Pad")
    layout = leanest((Layout.BLOCKS, Layout.TURNED), [tall, full], facts)
    state.put(node, node.outputs[0], layout, [state.lay(value, layout, name).buffer])


def padded_average(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """An average over a padded map: rows and columns are padded in blocks, a step each, before the pool (pad_average, g_pools)."""
    top, left, bottom, right = (int(p) for p in node.attrs["pads"])
    value = state.bring(sources[0], Layout.BLOCKS, node.name)
    for axis, rows, columns in (("rows", top + bottom, 0), ("columns", 0, left + right)):
        if rows + columns:
            full = value.extent.grown(rows=rows, columns=columns)
            value = state.transform(
                value, full, Layout.BLOCKS, f"{node.name}/pad-{axis}", f"{axis} padded for {node.name}", "Pad"
            )
    state.put(node, node.outputs[0], Layout.BLOCKS, [value.buffer])


def is_padded_average(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    """Whether zeros are counted; an average over what is there pads nothing (pool_uncounted)."""
    pads = node.attrs.get("pads", ())
    return (
        node.op == "AveragePool"
        and len(pads) == 4
        and any(pads)
        and bool(node.attrs.get("count_include_pad"))
    )


def cut_layout(state: StepBuilder, node: Node, sources: list[str]) -> Layout:
    """Channels are cut out of planes or turned planes where those are clearly smaller (stacked heads), of blocks whichever take least; columns out of blocks where
    they lie in these (cut_columns, cut_both), else of blocks or turned planes, whichever take least, rows out of blocks too (tests/memory/test_cuts.py: planes are laid as blocks anew for each part)."""
    value, part = state.values[sources[0]], state.extent(node.outputs[0])
    if part.channels == value.extent.channels and part.columns != value.extent.columns:
        if value.layout is Layout.BLOCKS:
            return Layout.BLOCKS
        return leanest((Layout.BLOCKS, Layout.TURNED), [value.extent, part], state.facts)
    if value.layout is not Layout.BLOCKS:
        flat = {
            x: sum(tensor_bytes(e, x, state.facts) for e in (value.extent, part))
            for x in (Layout.PLANES, Layout.TURNED)
        }
        turned = value.layout is Layout.TURNED and flat[Layout.TURNED] <= flat[Layout.PLANES]
        return Layout.TURNED if turned else Layout.PLANES
    if (part.rows, part.columns) != (value.extent.rows, value.extent.columns):
        return Layout.BLOCKS if part.channels == value.extent.channels else Layout.PLANES
    return leanest((Layout.TURNED, Layout.PLANES), [value.extent, part], state.facts)
