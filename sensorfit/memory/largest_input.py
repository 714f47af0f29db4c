"""The largest input at which a model still fits.

The model is loaded again at other input sizes, so that shapes, layouts and
schedule follow; a fixed Reshape or a mismatch inside says that it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import onnx

from ..errors import SensorfitError
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.lower import lower
from ..target import Target
from ..units import BYTE
from .analysis import analyse
from .model import LargestInput, MemoryReport
from .widths import with_weight_bits

Judge = Callable[[Graph, MemoryReport], bool]
"""Whether the converter is expected to package a device graph that is over the budget as it stands."""


class Sized(NamedTuple):
    """The model at one input size."""

    graph: Graph
    device_graph: Graph
    memory: MemoryReport
    tiled_bytes: int
    """Bytes in total in tiles where these bring it under the budget, else 0."""


class Largest(NamedTuple):
    """The largest input of an aspect, with the model at that size and at the one that tiles allow."""

    found: LargestInput
    sized: Sized | None = None
    tiled: Sized | None = None


SQUARE = (1, 1)
FOUR_BY_THREE = (4, 3)
ASPECTS = (SQUARE, FOUR_BY_THREE)


STEPS = (16, 32, 64)
"""Sizes are multiples of the first of these that the model takes."""


def largest_input(
    model: Path | onnx.ModelProto,
    graph: Graph,
    target: Target,
    aspect: tuple[int, int] = SQUARE,
    *,
    input_persistency: bool = True,
    in_tiles: Judge | None = None,
    weight_bits: int = BYTE,
) -> Largest:
    """The largest input of ``aspect`` (width to height) that fits, in steps that the model can halve.

    ``graph`` is what ``load`` made of ``model``. Sizes go up to the target's largest input tensor. The model must have one
    image input (N, C, H, W). About log2(sizes) analyses, twice that with
    ``in_tiles``, which says of a network over the budget whether tiles bring it under. ``weight_bits``: at which kernels
    and matrices are counted.
    """
    name = graph.inputs[0] if len(graph.inputs) == 1 else ""
    shape = graph.shape(name) if name else None
    if shape is None or len(shape) != 4 or not isinstance(shape[1], int):
        return Largest(LargestInput(aspect, None, reason="the model has no single image input (N, C, H, W)"))
    channels = shape[1]
    for step in STEPS:
        unit = (step * aspect[1], step * aspect[0])  # rows, columns
        most = min(target.max_input[0] // unit[0], target.max_input[1] // unit[1])

        @cache
        def measure(count: int, unit: tuple[int, int] = unit) -> Sized | None:
            sized = (1, channels, unit[0] * count, unit[1] * count)
            return _at_size(model, name, sized, target, input_persistency, in_tiles, weight_bits)

        if most >= 1 and all(measure(count) is not None for count in {min(3, most), min(2, most)}):
            return _search(measure, most, unit, aspect, target)
    return Largest(LargestInput(aspect, None, reason="the model cannot be resized: a shape inside is fixed"))


def _search(
    measure: Callable[[int], Sized | None],
    most: int,
    unit: tuple[int, int],
    aspect: tuple[int, int],
    target: Target,
) -> Largest:
    """Binary searches for the largest count whose total is within the budget, as it stands and then in tiles."""

    def total(count: int) -> int:
        sized = measure(count)
        return target.budget_bytes + 1 if sized is None else sized.memory.total_bytes

    def packaged(count: int) -> bool:
        sized = measure(count)
        return sized is not None and (sized.memory.fits or bool(sized.tiled_bytes))

    low = _last(lambda count: total(count) <= target.budget_bytes, 0, most)
    high = _last(packaged, low, most)
    in_tiles = measure(high) if high > low else None
    tiled = (unit[0] * high, unit[1] * high) if high > low else None
    tiled_total = in_tiles.tiled_bytes if in_tiles else 0
    if not low:
        reason = f"even {unit[1]}x{unit[0]} does not fit"
        return Largest(LargestInput(aspect, None, total(1), reason, tiled, tiled_total), None, in_tiles)
    reason = "the largest input tensor of the sensor" if low == most else ""
    size = (unit[0] * low, unit[1] * low)
    return Largest(LargestInput(aspect, size, total(low), reason, tiled, tiled_total), measure(low), in_tiles)


def _last(holds: Callable[[int], bool], low: int, most: int) -> int:
    """The last count from ``low`` (where it holds) to ``most`` where it ``holds``, if it holds up to some count."""
    high = most + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _at_size(
    model: Path | onnx.ModelProto,
    name: str,
    shape: tuple[int, ...],
    target: Target,
    input_persistency: bool,
    in_tiles: Judge | None,
    weight_bits: int,
) -> Sized | None:
    """The model at an input shape; None when it does not take it."""
    try:
        graph = load(model, None, {name: shape})
    except SensorfitError:
        return None
    if not _consistent(graph):
        return None
    device = lower(graph) if weight_bits == BYTE else with_weight_bits(lower(graph), weight_bits)
    report = analyse(device, target, input_persistency)
    if not report.complete:
        return None
    helped = in_tiles is not None and not report.fits and in_tiles(device, report)
    return Sized(graph, device, report, report.tiled_total_bytes if helped else 0)


def _consistent(graph: Graph) -> bool:
    """Whether fixed Reshape targets still hold the elements they are given."""
    for node in graph.nodes:
        if node.op == "Reshape":
            source, result = graph.tensors[node.input(0)], graph.tensors[node.outputs[0]]
            if (
                source.elements is not None
                and result.elements is not None
                and source.elements != result.elements
            ):
                return False
        elif node.op in ("Add", "Mul", "Sub", "Div", "Concat") and graph.shape(node.outputs[0]) is None:
            return False
    return True
