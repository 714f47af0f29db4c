"""A convolution's stride taken out of it: phases of the input stacked as channels, or every s-th row and column.

input (C, H, W) ─► padded ─► s x s slices (C, H/s, W/s) ─► concatenated (s s C, H/s, W/s) ─► stride 1
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from ..graph.ir import Node
from . import convolution as cv
from .builder import StepBuilder, Value
from .layout import SIDE_BY_SIDE, Layout, leanest, tensor_bytes


def polyphase(state: StepBuilder, node: Node, conv: cv.Convolution, value: Value) -> Value:
    """The input's phases stacked as channels.

    Planes are cut by columns while they lie turned: turned once with the padding, else anew for each phase, where they do not lie so.
    """
    facts, name = state.facts, node.name
    out = state.extent(node.outputs[0])
    kernel, (sy, sx) = cv.phase_kernel(conv), conv.stride
    rows, columns = out.rows - 1 + kernel[0], out.columns - 1 + kernel[1]
    extent = value.extent
    planes = value.layout is not Layout.BLOCKS
    tall = extent.resized(rows=max(rows * sy, extent.rows))
    full = tall.resized(columns=max(columns * sx, extent.columns))
    # Planes of a block and more, which a concatenation leaves, are not turned: their columns are cut in blocks.
    writer = state.step_of(value.buffer).op if value.buffer in state.writer else ""
    many = planes and extent.channels >= facts.channel_block
    reshaped = planes and writer == "Reshape"  # of fewer, too (e7005)
    wide = reshaped or (many and writer == "Concat")
    computed = many and not wide
    if computed:
        value = state.lay(value, Layout.PLANES, name)  # e4039
    flat, sliced = (Layout.PLANES, Layout.TURNED) if planes else (Layout.BLOCKS, Layout.BLOCKS)
    state.part = name
    padded = any(conv.pads) or full != extent
    if wide:
        flat = Layout.PLANES if reshaped else leanest((Layout.BLOCKS, Layout.PLANES), [tall], facts)
        sliced = Layout.BLOCKS
    if padded:
        value = state.transform(value, tall, flat, f"{name}/pad-rows", f"rows padded for {name}", "Pad")
        if wide and flat is not sliced:
            value = state.transform(value, tall, sliced, f"{name}/blocks", f"in blocks for {name}")
        elif planes and not wide:
            value = state.transform(value, tall, sliced, f"{name}/turn", f"turned for {name}")
        value = state.transform(value, full, sliced, f"{name}/pad-columns", f"padded for {name}", "Pad")
    narrow = full.resized(columns=columns)
    anew = planes and not padded and value.layout is not sliced  # for each phase (test_cuts)
    if wide and anew:  # as any columns (e7018, pc)
        sliced = leanest((Layout.BLOCKS, Layout.TURNED), [full, narrow], facts)
        anew = value.layout is not sliced
    small = narrow.resized(rows=rows)
    cut = (
        leanest((Layout.BLOCKS, Layout.PLANES), [narrow, small], facts)
        if planes and not (wide and sliced is Layout.BLOCKS)
        else Layout.BLOCKS
    )
    count = prod(conv.stride)
    stacked = small.resized(channels=conv.inputs * count)
    together = leanest(SIDE_BY_SIDE, [small] * count + [stacked], facts)
    phases = []
    state.block = f"{name}/phases"
    for phase in range(count):
        label = f"phase {phase} of {name}"
        part = value
        if anew:
            part = state.transform(part, full, sliced, f"{name}/turn-{phase}", f"turned, {label}")
        part = state.transform(part, narrow, sliced, f"{name}/slice-{phase}", f"columns, {label}", "Slice")
        if cut is not sliced:
            part = state.transform(part, narrow, cut, f"{name}/back-{phase}", f"turned back, {label}")
        part = state.transform(part, small, cut, f"{name}/phase-{phase}", label, "Slice")
        if cut is not together:
            part = state.transform(part, small, together, f"{name}/lay-{phase}", f"laid, {label}")
        phases.append(part)
    state.block = ""
    buffer = state.store(
        state.program.buffers[value.buffer].tensor,
        f"phases for {name}",
        tensor_bytes(stacked, together, facts),
        together,
    )
    state.step(f"{name}/concat", "Concat", [p.buffer for p in phases], [buffer])
    state.part = ""
    joined = replace(value, buffer=buffer, layout=together, extent=stacked)
    narrow_input = planes and stacked.channels < facts.channel_block
    wanted = Layout.PLANES if narrow_input else Layout.BLOCKS
    if together is not wanted or (planes and not computed and together is Layout.BLOCKS):
        joined = state.transform(joined, stacked, wanted, f"{name}/transform", f"input of {name}")
    return joined


def sample(state: StepBuilder, node: Node, conv: cv.Convolution, value: Value) -> Value:
    """Every s-th column, then every s-th row of the input."""
    out = state.extent(node.outputs[0])
    narrow = value.extent.resized(columns=out.columns)
    value = state.transform(
        value, narrow, value.layout, f"{node.name}/columns", f"columns for {node.name}", "Slice"
    )
    return state.transform(
        value,
        narrow.resized(rows=out.rows),
        value.layout,
        f"{node.name}/rows",
        f"rows for {node.name}",
        "Slice",
    )
