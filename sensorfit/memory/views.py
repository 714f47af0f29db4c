"""A tensor of another shape or order of axes: its bytes stay where they are, if the blocks of 32 lie along an axis that stays.

(24, 32, 40) in blocks of channels ─► Reshape (24, 4, 8, 5, 8) ─► Transpose (4, 5, 24, 8, 8), still blocks along the 24
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import NamedTuple

from ..graph.called import PART_OF_LAYER
from ..graph.ir import Node
from .builder import StepBuilder, Value
from .layout import Extent, Layout, MemoryFacts, extent_of, layout_along, leanest, round_up, tensor_bytes

Shape = tuple[int, ...]


class Lying(NamedTuple):
    """Blocks along an axis of a shape: the layout and the extent that gives its bytes."""

    layout: Layout
    extent: Extent
    axis: int


def along(shape: Shape, axis: int, bits: int) -> Lying:
    """A tensor of ``shape`` (the batch first) in blocks along ``axis``."""
    layout = layout_along(len(shape), axis) or Layout.BLOCKS
    if layout is not Layout.BLOCKS:
        return Lying(layout, extent_of(shape, bits), 1)
    others = prod((*shape[1:axis], *shape[axis + 1 : -1]))
    return Lying(layout, Extent(shape[axis], others, shape[-1], bits), axis)


def axis_of(value: Value, rank: int) -> int:
    """The axis that the blocks of ``value`` lie along."""
    return {Layout.PLANES: rank - 1, Layout.TURNED: rank - 2}.get(value.layout, value.axis)


def kept_axes(read: Shape, written: Shape) -> dict[int, int]:
    """The axes, the batch aside, that a Reshape leaves as they are, and their places after it."""
    places = {
        (prod(written[:axis]), size): axis
        for axis, size in reversed(list(enumerate(written)))
        if axis and size != 1
    }
    found = ((axis, places.get((prod(read[:axis]), size))) for axis, size in enumerate(read) if axis)
    return {axis: place for axis, place in found if place is not None}


def transpose(state: StepBuilder, node: Node, source: str) -> None:
    """Blocks along an axis become blocks along the place where it goes (windows, windows_first, shuffle_six)."""
    order = [int(axis) for axis in node.attrs.get("perm", ())]
    shape, value = static(state.graph.shape(source)), state.values[source]
    if value.extent.is_vector or len(order) != len(shape) or value.layout is Layout.PACKED:
        value = state.bring(source, Layout.PLANES, node.name)
        state.put(node, node.outputs[0], Layout.PLANES, [value.buffer])
        return
    if order == ROWS_AND_COLUMNS and not value.reshaped and _written_by_kernel(state, value.buffer):
        value = state.transform(
            value, value.extent, value.layout, f"{node.name}/transform", f"rows for {node.name}"
        )
    place = order.index(axis_of(value, len(shape)))
    _put(state, node, value, along(tuple(shape[axis] for axis in order), place, value.extent.bits))


def spread(state: StepBuilder, node: Node, source: str) -> None:
    """A vector broadcast to a map: in blocks along the axis that it has (EvoNorm's groups in timm_test_efficientnet_evos)."""
    read, written = static(state.graph.shape(source)), static(state.graph.shape(node.outputs[0]))
    axis = next((a for a, size in enumerate(read) if a and size != 1), 1) + len(written) - len(read)
    _put(state, node, state.values[source], along(written, axis, state.extent(node.outputs[0]).bits))


def view(state: StepBuilder, node: Node, source: str) -> None:
    """In blocks along the axis that stays and takes least so (of equals where they lie, else the first); where none does, a copy in planes, their rows filled to whole blocks."""
    layout, out = state.values[source].layout, state.extent(node.outputs[0])
    value = state.values[source]
    read, written = (static(state.graph.shape(t)) for t in (source, node.outputs[0]))
    if node.pattern == PART_OF_LAYER:
        if node.op == "Reshape":
            if layout is Layout.BLOCKS and len(written) > len(read):  # what a part wrote (e4046)
                layout = leanest((Layout.PLANES, Layout.TURNED), [value.extent], state.facts)
            value = state.transform(
                value, value.extent, layout, f"{node.name}/transform", f"copy for {node.name}"
            )
        _put(state, node, value, Lying(layout, out, 1), filled=True)
        return
    kept = kept_axes(read, written) if node.op in RESHAPES and min(len(read), len(written)) > 2 else {}
    here = axis_of(value, len(read))
    least = min(
        kept, key=lambda a: (size_of(state, along(read, a, value.extent.bits)), a != here, a), default=0
    )
    if value.extent.is_vector or _stays(value, out, read, written, least in (0, here)):
        state.put(node, node.outputs[0], layout, [value.buffer])
        return
    if here in kept and node.op != "Reshape":
        axis = here  # only axes of one come or go (tests/memory/test_stacked.py)
    elif kept and (len(read) - 1 not in kept or len(kept) > 1):
        axis = least
    elif 1 in kept and kept[1] == 1:
        axis = 1
    else:
        axis = 0
    if axis:
        lying = along(read, axis, value.extent.bits)
        axes = len(read), len(written)
        moves = node.op == "Reshape" and (axes[0] == IMAGE_AXES or axes == TO_MAP) and not value.reshaped
        if axis_of(value, len(read)) != axis or moves:
            value = state.transform(
                value, lying.extent, lying.layout, f"{node.name}/transform", f"whole planes for {node.name}"
            )
        _put(state, node, value, along(written, kept[axis], out.bits))
        if axes in (TO_MAP, TO_MAP[::-1]):
            state.values[node.outputs[0]] = replace(state.values[node.outputs[0]], reshaped=True)
        return
    value = state.bring(source, Layout.PLANES, node.name)
    if node.op == "Reshape" and not out.is_vector:
        _put(state, node, value, Lying(Layout.PLANES, out, 1), filled=True)
    else:
        state.put(node, node.outputs[0], Layout.PLANES, [value.buffer])


def _stays(value: Value, out: Extent, read: Shape, written: Shape, least: bool) -> bool:
    """Whether the bytes need not move: only axes of one come or go, or what lies so already takes the least."""
    if value.extent != out or (value.layout is Layout.BLOCKS and max(len(read), len(written)) > IMAGE_AXES):
        return False
    ones_only = [d for d in read if d != 1] == [d for d in written if d != 1]
    return ones_only or least


def _written_by_kernel(state: StepBuilder, buffer: str) -> bool:
    """Whether a convolution or a product with weights wrote it, if only Reshapes are between."""
    while buffer in state.writer:
        step = state.step_of(buffer)
        if step.op != "Reshape" or not step.reads:  # one of a constant reads nothing
            return step.op in ("Conv", "Gemm", "MatMul")
        buffer = step.reads[0]
    return False


RESHAPES = ("Reshape", "Unsqueeze", "Squeeze")
ROWS_AND_COLUMNS = [0, 2, 1]
"""What a Transpose of tokens exchanges."""
IMAGE_AXES = 4
"""Of a tensor that convolutions leave in another order of axes than a Reshape reads."""
TO_MAP = (3, IMAGE_AXES)
"""Axes of tokens and of the map that a Reshape makes of them (tokens_back)."""


def _put(state: StepBuilder, node: Node, value: Value, lying: Lying, filled: bool = False) -> None:
    """The step of ``node``; where no axis is kept the places of a block are ``filled`` to 32, too (e4024, e3007, e4016, e6)."""
    size = _filled(lying, state.facts) if filled else size_of(state, lying)
    buffer = state.store(node.outputs[0], "", size, lying.layout)
    state.step(node.name, node.op, [value.buffer], [buffer])
    state.values[node.outputs[0]] = Value(buffer, lying.layout, lying.extent, lying.axis)


def size_of(state: StepBuilder, lying: Lying) -> int:
    return tensor_bytes(lying.extent, lying.layout, state.facts)


def _filled(lying: Lying, facts: MemoryFacts) -> int:
    channels, rows, columns, _ = lying.extent
    along, others = {
        Layout.PLANES: (columns, channels * rows),
        Layout.TURNED: (rows, channels * columns),
    }.get(lying.layout, (channels, rows * columns))
    width = lying.extent.element_bytes
    return round_up(along * width, facts.channel_block) * round_up(others, facts.row_block)


def static(shape: tuple[int | None, ...] | None) -> Shape:
    """``shape`` with 0 for what is not known."""
    return tuple(int(d or 0) for d in shape or ())
