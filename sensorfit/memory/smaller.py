"""How far the input has to shrink for the activations to fit: they grow with its area, the weights stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Final

from .model import MemoryReport

GRID: Final = 32
"""Pixels by which a smaller input is proposed: most networks halve it five times."""
MOSTLY_WEIGHTS: Final = 0.8
"""Of the budget: above this share of weights, a smaller input frees next to nothing."""


def mostly_weights(memory: MemoryReport) -> bool:
    """Whether the weights and the reserved block take so much that no useful input size helps."""
    return memory.weights_bytes + memory.reserved_bytes > MOSTLY_WEIGHTS * memory.budget_bytes


def percent(memory: MemoryReport, image: Sequence[int | None]) -> int:
    """To how many per cent: of each side of an ``image`` of shape (1, C, H, W), of the elements of another input."""
    left = memory.budget_bytes - memory.weights_bytes - memory.reserved_bytes - memory.unreported_bytes
    scaling = memory.runtime_bytes + (memory.input_persistence_bytes if memory.input_persistency else 0)
    share = 10_000 * max(left, 0) // max(scaling, 1)
    return share // 100 if image and len(image) != 4 else isqrt(share)


def smaller_image(memory: MemoryReport, image: Sequence[int | None]) -> tuple[int | None, ...]:
    """The largest shape (1, C, H, W) on the grid that this proposes for ``image``; () where there is none."""
    if len(image) != 4 or memory.fits or mostly_weights(memory):
        return ()
    sides = [d * percent(memory, image) // 100 // GRID * GRID if d else 0 for d in image[2:]]
    return (1, image[1], *sides) if all(sides) else ()
