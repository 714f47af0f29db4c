"""Bytes of a tensor in the sensor's memory.

Activations lie in one of these ways:

- ``BLOCKS``: channels in blocks of 32, no padding in rows (what the
  convolution engine reads and writes): ceil32(C) H W
- ``OTHER_BLOCKS``: as many bytes in another order; what reads it turns it into ``BLOCKS`` first (a Concat most of
  whose operands narrow convolutions wrote, and activations on it: tests/memory/test_concat.py)
- ``FILE_BLOCKS``: as many bytes in the order of the file's axes, as constants lie and outputs leave (a sum or product
  whose first operand is a constant, and activations on it: first_scale, first_scale_out)
- ``PLANES``: one plane a channel, rows padded to 32: C H ceil32(W)
- ``TURNED``: planes with rows and columns exchanged: C W ceil32(H)
- ``PACKED``: planes without row padding, as an output leaves: C ceil32(H W)
- ``VECTOR``: no spatial extent: ceil32(C)

One element takes one byte up to 8 bits, two for 9 to 16 bits; 32 counts bytes, so a block
holds 16 channels of 16 bits. Numbers and
their evidence stand in ``rules/imx500/memory.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from math import prod
from typing import NamedTuple

from ..target import Target, read_facts


class Layout(Enum):
    """How a tensor lies in memory."""

    BLOCKS = "blocks of 32 channels"
    OTHER_BLOCKS = "blocks of 32 channels, otherwise"
    FILE_BLOCKS = "blocks of 32 channels, as the file has the axes"
    PLANES = "planes"
    TURNED = "turned planes"
    PACKED = "packed planes"
    VECTOR = "vector"


SIDE_BY_SIDE = (Layout.BLOCKS, Layout.TURNED, Layout.PLANES)
"""The layouts in which tensors are concatenated, the preferred one of equals first."""


class MemoryFacts(NamedTuple):
    """The numbers of ``rules/imx500/memory.toml``."""

    channel_block: int
    row_block: int
    align: int
    planar_channels: int
    planar_side: int
    input_guard_bytes: int
    input_rows: int
    planar_convolution_bytes: int
    depthwise_tap_bytes: int
    depthwise_block_bytes: int
    tap_bytes: int
    weight_block_bytes: int
    narrow_bits: int
    packing_bytes: int
    table_bytes: int
    step_table_bytes: int
    elementwise_bytes: int
    broadcast_bytes: int
    step_bytes: Mapping[str, int]
    planes_ratio: float
    mean_turned_places: int
    """From so many rows times columns on, a mean over them may read turned planes."""
    normalisation_part_bytes: int
    normalisation_part_rows: int
    scratch_bytes: Mapping[str, int]
    """Scratch space of every step of an operator, by the operator."""
    resize_border: int
    reduction_bytes: int
    layer_normalisation_bytes: int
    scale_shift_bytes: int
    grouped_sides: tuple[int, ...]
    """Sides of the squares that a depthwise or grouped kernel is stored in."""
    transposed_phase_bytes: int
    feature_pair: int
    fully_connected_block_bytes: int
    product_bytes: int
    reshape_bytes: int
    constant_bytes: int
    product_block_bytes: int
    phase_weights: int
    most_phases: int
    native_group_inputs: int
    native_groups: frozenset[int]
    tile_shares: tuple[float, float]
    """Of the memory that is left, a tile's share of the peak was this much; that much took another tile."""
    tile_boundary_shares: tuple[float, float]
    """Of the memory that is left, a boundary of this size was accepted, one of that size was not."""
    tile_block_bytes: int
    unreported_step_bytes: int
    order_error: float
    many_products: int
    products_error: float
    shifted: frozenset[str]
    shift_error: float


@cache
def load_memory_facts(target: Target) -> MemoryFacts:
    """The memory facts of a target."""
    table = read_facts("memory", target)
    layout, workspace, weights = table["layout"], table["workspace"], table["weights"]
    return MemoryFacts(
        channel_block=layout["channel_block"],
        row_block=layout["row_block"],
        align=layout["align"],
        planar_channels=layout["planar_channels"],
        planar_side=layout["planar_side"],
        input_guard_bytes=table["input"]["guard_bytes"],
        input_rows=table["input"]["rows"],
        planar_convolution_bytes=workspace["planar_convolution_bytes"],
        depthwise_tap_bytes=workspace["depthwise_tap_bytes"],
        depthwise_block_bytes=workspace["depthwise_block_bytes"],
        tap_bytes=weights["tap_bytes"],
        weight_block_bytes=weights["block_bytes"],
        narrow_bits=weights["narrow_bits"],
        packing_bytes=weights["packing_bytes"],
        table_bytes=weights["table_bytes"],
        step_table_bytes=weights["step_table_bytes"],
        elementwise_bytes=weights["elementwise_bytes"],
        broadcast_bytes=weights["broadcast_bytes"],
        step_bytes=table["step_bytes"],
        planes_ratio=layout["planes_ratio"],
        mean_turned_places=layout["mean_turned_places"],
        normalisation_part_bytes=workspace["normalisation_part_bytes"],
        normalisation_part_rows=workspace["normalisation_part_rows"],
        resize_border=workspace["resize_border"],
        scratch_bytes=workspace["scratch_bytes"],
        reduction_bytes=workspace["reduction_bytes"],
        layer_normalisation_bytes=workspace["layer_normalisation_bytes"],
        scale_shift_bytes=weights["scale_shift_bytes"],
        grouped_sides=tuple(weights["grouped_sides"]),
        transposed_phase_bytes=weights["transposed_phase_bytes"],
        feature_pair=weights["feature_pair"],
        fully_connected_block_bytes=weights["fully_connected_block_bytes"],
        product_bytes=weights["product_bytes"],
        reshape_bytes=weights["reshape_bytes"],
        constant_bytes=weights["constant_bytes"],
        product_block_bytes=weights["product_block_bytes"],
        phase_weights=table["stride"]["phase_weights"],
        most_phases=table["stride"]["most_phases"],
        native_group_inputs=table["groups"]["native_inputs"],
        native_groups=frozenset(table["groups"]["native_counts"]),
        tile_shares=(table["tiling"]["tile_share"], table["tiling"]["tile_refused_share"]),
        tile_boundary_shares=(table["tiling"]["boundary_share"], table["tiling"]["boundary_refused_share"]),
        tile_block_bytes=table["tiling"]["block_bytes"],
        unreported_step_bytes=table["unreported"]["step_bytes"],
        order_error=table["estimates"]["order_error"],
        many_products=table["estimates"]["many_products"],
        products_error=table["estimates"]["products_error"],
        shifted=frozenset(table["estimates"]["shifted"]),
        shift_error=table["estimates"]["shift_error"],
    )


def round_up(value: int, block: int) -> int:
    """``value`` rounded up to a multiple of ``block``."""
    return -(-value // block) * block


class Extent(NamedTuple):
    """Channels, rows and columns of an activation without its batch, and its width in bits.

    Tensors of other ranks are folded: a vector has one row and one column, (N, C) has N rows
    of C elements as one plane, higher ranks fold their leading axes into channels.
    """

    channels: int
    rows: int = 1
    columns: int = 1
    bits: int = 8

    @property
    def is_vector(self) -> bool:
        """Whether there is no spatial extent."""
        return self.rows == 1 and self.columns == 1

    @property
    def element_bytes(self) -> int:
        """Bytes of one element."""
        return max(1, -(-self.bits // 8))

    def grown(self, rows: int = 0, columns: int = 0) -> Extent:
        """The extent with more rows and columns."""
        return Extent(self.channels, self.rows + rows, self.columns + columns, self.bits)

    def resized(
        self,
        channels: int | None = None,
        rows: int | None = None,
        columns: int | None = None,
        bits: int | None = None,
    ) -> Extent:
        """The extent with some of its sizes replaced."""
        return Extent(
            self.channels if channels is None else channels,
            self.rows if rows is None else rows,
            self.columns if columns is None else columns,
            self.bits if bits is None else bits,
        )


def extent_of(shape: tuple[int, ...], bits: int | None) -> Extent:
    """The extent of a tensor of static ``shape`` (with its batch axis)."""
    width = 8 if bits is None else bits
    body = shape[1:] if len(shape) > 1 else shape
    if len(body) <= 1:
        return Extent(body[0] if body else 1, 1, 1, width)
    batch = shape[0]  # 1 on the device; windows and heads put there are refused, but take their room
    if len(body) == 2:
        return Extent(batch, body[0], body[1], width)
    return Extent(batch * prod(body[:-2]), body[-2], body[-1], width)


def tensor_bytes(extent: Extent, layout: Layout, facts: MemoryFacts) -> int:
    """Bytes of an activation of ``extent`` in ``layout``."""
    c, h, w, _ = extent
    each, row = extent.element_bytes, facts.row_block
    if layout is Layout.PLANES:
        return c * h * round_up(w * each, row)
    if layout is Layout.TURNED:
        return c * w * round_up(h * each, row)
    if layout is Layout.VECTOR:
        return round_up(c * h * w * each, row)
    if layout is Layout.PACKED:
        return c * round_up(h * w * each, row)
    return round_up(c * each, facts.channel_block) * h * w


def layout_along(rank: int, axis: int) -> Layout | None:
    """The layout of a tensor of ``rank`` axes (its batch counted) whose blocks of 32 lie along ``axis``; None where there is none."""
    if axis == rank - 1:
        return Layout.PLANES
    if axis == rank - 2:
        return Layout.TURNED
    return Layout.BLOCKS if axis == 1 else None


def layouts_of(rank: int) -> tuple[Layout, ...]:
    """The layouts of a tensor of ``rank`` axes, by the axis that its blocks of 32 lie along: (1, C, L) has two."""
    return SIDE_BY_SIDE[1:] if rank == 3 else SIDE_BY_SIDE


def leaner(base: Layout, rank: int, extents: Sequence[Extent], facts: MemoryFacts) -> Layout:
    """The layout in which activations of these ``extents`` together are clearly smaller than in ``base``; ``base`` where none is."""
    best = leanest(layouts_of(rank), extents, facts)
    total = {x: sum(tensor_bytes(e, x, facts) for e in extents) for x in (base, best)}
    return best if total[best] <= facts.planes_ratio * total[base] else base


def leanest(choices: Sequence[Layout], extents: Sequence[Extent], facts: MemoryFacts) -> Layout:
    """The first of ``choices`` in which activations of these ``extents`` together take the fewest bytes."""
    return min(choices, key=lambda layout: sum(tensor_bytes(extent, layout, facts) for extent in extents))
