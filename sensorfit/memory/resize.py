"""The largest input at which a model still fits.

The model is loaded again at other input sizes, so that shapes, layouts and
schedule follow; a fixed Reshape or a mismatch inside says that it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx

from ..errors import SensorfitError
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.lower import lower
from ..target import Target
from .analysis import analyse
from .model import LargestInput

SQUARE = (1, 1)
FOUR_BY_THREE = (4, 3)
ASPECTS = (SQUARE, FOUR_BY_THREE)


STEPS = (16, 32, 64)
"""Sizes are multiples of the first of these that the model takes."""


def largest_input(
    model: str | Path | onnx.ModelProto,
    target: Target,
    aspect: tuple[int, int] = SQUARE,
    *,
    input_persistency: bool = True,
) -> LargestInput:
    """The largest input of ``aspect`` (width to height) that fits, in steps that the model can halve.

    Sizes go up to the target's largest input tensor. The model must have one
    image input (N, C, H, W). About log2(sizes) analyses.
    """
    graph = load(model)
    name = graph.inputs[0] if len(graph.inputs) == 1 else ""
    shape = graph.shape(name) if name else None
    if shape is None or len(shape) != 4 or not isinstance(shape[1], int):
        return LargestInput(aspect, None, reason="the model has no single image input (N, C, H, W)")
    channels = shape[1]
    for step in STEPS:
        unit = (step * aspect[1], step * aspect[0])  # rows, columns
        most = min(target.max_input[0] // unit[0], target.max_input[1] // unit[1])

        def measure(count: int, unit: tuple[int, int] = unit) -> int | None:
            return _total(
                model, name, (1, channels, unit[0] * count, unit[1] * count), target, input_persistency
            )

        if most >= 1 and all(measure(count) is not None for count in {min(3, most), min(2, most)}):
            return _search(measure, most, unit, aspect, target)
    return LargestInput(aspect, None, reason="the model cannot be resized: a shape inside is fixed")


def _search(
    measure: Callable[[int], int | None],
    most: int,
    unit: tuple[int, int],
    aspect: tuple[int, int],
    target: Target,
) -> LargestInput:
    """Binary search for the largest count whose total is within the budget."""
    smallest = measure(1) or 0
    if smallest > target.budget_bytes:
        return LargestInput(aspect, None, smallest, f"even {unit[0]}x{unit[1]} does not fit")
    low, high, total = 1, most + 1, smallest
    while high - low > 1:
        middle = (low + high) // 2
        found = measure(middle)
        if found is not None and found <= target.budget_bytes:
            low, total = middle, found
        else:
            high = middle
    reason = "the largest input tensor of the sensor" if low == most else ""
    return LargestInput(aspect, (unit[0] * low, unit[1] * low), total, reason)


def _total(
    model: str | Path | onnx.ModelProto,
    name: str,
    shape: tuple[int, ...],
    target: Target,
    input_persistency: bool,
) -> int | None:
    """Bytes needed at an input shape; None when the model does not take it."""
    try:
        graph = load(model, None, {name: shape})
    except SensorfitError:
        return None
    if not _consistent(graph):
        return None
    report = analyse(lower(graph), target, input_persistency)
    return report.total_bytes if report.complete else None


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
