"""Normalisation over channels or positions, and the transpositions around it.

A LayerNormalization reads the rows of its last axis turned and writes planes:

    (C, H, W) planes ─► (C H, W) planes ─► turned ─► LayerNormalization ─► planes (C, H, W)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..graph.ir import Node
from .builder import StepBuilder
from .constants import constant_operand
from .layout import Layout, layout_along, layouts_of, leanest
from .model import GROUPS

TO_LAST = (0, 2, 3, 1)
"""The transposition that moves the channels last, (1, C, H, W) to (1, H, W, C)."""
TO_FIRST = (0, 3, 1, 2)
ROWS_AND_COLUMNS = (0, 1, 3, 2)


def layer_normalisation(state: StepBuilder, node: Node, source: str) -> None:
    """Over the last axis: its rows are laid out twice before."""
    name = node.name
    value = state.bring(source, Layout.PLANES, name)
    extent = value.extent
    rows = extent.resized(channels=1, rows=extent.channels * extent.rows)
    value = state.transform(value, rows, Layout.PLANES, f"{name}/rows", f"rows for {name}")
    value = state.transform(value, rows, Layout.TURNED, f"{name}/turn", f"turned for {name}")
    state.put(node, node.outputs[0], Layout.PLANES, [value.buffer], state.facts.layer_normalisation_bytes)


def across(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    """Whether a Softmax runs over another axis than the last."""
    rank = len(state.graph.shape(node.inputs[0]) or ())
    axis = int(node.attrs.get("axis", -1))
    return node.op == "Softmax" and not state.extent(node.outputs[0]).is_vector and axis % rank != rank - 1


def softmax_across(state: StepBuilder, node: Node, source: str) -> None:
    """Its axis goes to the last place and back, in the layout that takes least; blocks stay along their axis (softmax_rows)."""
    name, value = node.name, state.values[source]
    possible = layouts_of(len(state.graph.shape(source) or ()))
    here = (value.layout,) if value.layout in possible else ()
    layout = leanest((*here, *possible), [value.extent], state.facts)  # of equals where it lies
    if layout is not Layout.PLANES or value.layout is not layout:
        value = state.transform(value, value.extent, layout, f"{name}/transform", f"laid for {name}")
    for step, op in (("last", "Transpose"), ("softmax", node.op), ("transform-back", "Transform")):
        value = state.transform(value, value.extent, layout, f"{name}/{step}", f"{step} of {name}", op)
    state.put(node, node.outputs[0], layout, [value.buffer])


def scaled_and_shifted(state: StepBuilder, node: Node, source: str) -> None:
    """A BatchNormalization that no convolution takes in, or a product and a sum that are one step: in blocks along the axis of
    its constants (const_3d, const_order). An activation behind it is a step of its own (bn_a)."""
    rank = len(state.graph.shape(node.outputs[0]) or ())
    shift = constant_operand(state.graph, node)
    layout = layout_along(rank, shift.axis or 1 if shift else 1) or Layout.BLOCKS
    value = state.bring(source, layout, node.name)
    if node.activation:
        value = state.transform(
            value, value.extent, layout, f"{node.name}/scale", f"scaled by {node.name}", node.op
        )
    state.put(node, node.outputs[0], layout, [value.buffer])


def wide_normalisation(state: StepBuilder, node: Node, source: str) -> None:
    """Over positions: reads a copy in blocks and keeps sums for each group of channels meanwhile.

    Of an InstanceNormalization each channel is a group. With quantizers between the operators of a GroupNormalization
    it need not be one step, and the bytes are a lower bound.
    """
    facts, value = state.facts, state.values[source]
    value = state.transform(
        value, value.extent, Layout.BLOCKS, f"{node.name}/transform", f"blocks for {node.name}"
    )
    groups = int(node.attrs.get("num_groups", value.extent.channels))
    parts = -(-value.extent.rows // facts.normalisation_part_rows)
    if node.attrs.get("quantized_inside"):
        state.program.missing[GROUPS] = None
    sums = groups * parts * facts.normalisation_part_bytes
    state.put(node, node.outputs[0], Layout.PACKED, [value.buffer], sums)


STAYS_TO_LAST: Final = {
    Layout.BLOCKS: (Layout.BLOCKS, Layout.PLANES),
    Layout.PLANES: (Layout.PLANES, Layout.TURNED),
}
"""By where channels lie that move to the last place: the layouts that are read and written."""
STAYS_TO_FIRST: Final = {Layout.TURNED: (Layout.TURNED, Layout.PLANES)}
"""And of those that move back."""


def channels_moved(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    """Whether ``node`` moves an image's channels to or from the last axis, or exchanges rows and columns."""
    return node.op == "Transpose" and _order(node) in (TO_LAST, TO_FIRST, ROWS_AND_COLUMNS)


def move_channels(state: StepBuilder, node: Node, sources: Sequence[str]) -> None:
    """The steps of such a transposition.

    Blocks of 32 stay along the axis that they lie along: blocks hold the channels of a position together, as planes do
    whose last axis is the channels; columns that stand in planes are the rows of what turned planes hold (narrow_last_48x64).
    """
    order, source = _order(node), sources[0]
    if order == ROWS_AND_COLUMNS:
        value, out = state.values[source], state.extent(node.outputs[0])
        exchanged = {
            Layout.PLANES: Layout.TURNED,
            Layout.TURNED: Layout.PLANES,
        }  # blocks stay along their axis (e4051)
        written = exchanged.get(value.layout) or leanest((Layout.PLANES, Layout.TURNED), [out], state.facts)
        read = exchanged[written]
        value = state.transform(value, value.extent, read, f"{node.name}/transform", f"rows for {node.name}")
        state.put(node, node.outputs[0], written, [value.buffer])
        return
    lying = state.values[source].layout
    if order == TO_LAST:
        read, written = STAYS_TO_LAST.get(lying, (Layout.TURNED, Layout.BLOCKS))
    else:
        read, written = STAYS_TO_FIRST.get(lying, (Layout.PLANES, Layout.BLOCKS))
    value = state.bring(source, read, node.name)
    state.put(node, node.outputs[0], written, [value.buffer])


def _order(node: Node) -> tuple[int, ...]:
    return tuple(int(axis) for axis in node.attrs.get("perm", ()))
