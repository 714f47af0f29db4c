"""How far outputs are apart: absolutely, and in units of float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

UNIT: Final = float(np.finfo(np.float32).eps)


def difference(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """The largest absolute one; infinite where shapes differ or only one is no number."""
    worst = 0.0
    for one, other in zip(first, second, strict=True):
        if one.shape != other.shape or one.dtype != other.dtype:
            return float("inf")
        if one.dtype.kind != "f":
            worst = max(worst, float((one != other).any()))
            continue
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        if same.all():
            continue
        with np.errstate(all="ignore"):
            apart = np.abs(one[~same].astype(np.float64) - other[~same].astype(np.float64))
        if np.isnan(apart).any():
            return float("inf")
        worst = max(worst, float(apart.max()))
    return worst


def units_apart(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """The largest difference in units of float32 at the value itself, at 1 below it, where the first did not overflow."""
    worst = 0.0
    for one, other in zip(first, second, strict=True):
        same = ~np.isfinite(one) | (one == other) | (np.isnan(one) & np.isnan(other))
        if same.all():
            continue
        a, b = one[~same].astype(np.float64), other[~same].astype(np.float64)
        with np.errstate(all="ignore"):
            apart = np.abs(a - b) / (UNIT * np.maximum(1.0, np.abs(a)))
        worst = float("inf") if np.isnan(apart).any() else max(worst, float(apart.max()))
    return worst


def units_of_largest(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """The largest difference in units of float32 at the largest value of its output."""
    worst = 0.0
    for one, other in zip(first, second, strict=True):
        apart = difference([one], [other])
        if apart:
            finite = one[np.isfinite(one)] if one.dtype.kind == "f" else one
            largest = float(np.abs(finite.astype(np.float64)).max(initial=0))
            worst = max(worst, apart / (UNIT * max(largest, 1e-30)))
    return worst


def where_finite(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What came after, and what was before where that is no number: where the original overflows nothing is compared."""
    return (
        np.where(np.isfinite(one), other, one)
        if one.dtype.kind == "f" and one.shape == other.shape
        else other
    )


@dataclass
class Seen:
    """How many cells of the original were numbers, so that there was something to compare."""

    cells: int = 0
    numbers: int = 0

    def count(self, outputs: list[np.ndarray]) -> None:
        """The cells of a run."""
        for array in outputs:
            self.cells += array.size
            self.numbers += int(np.isfinite(array).sum()) if array.dtype.kind == "f" else array.size

    @property
    def any(self) -> bool:
        """Whether anything was compared."""
        return self.numbers > 0 or not self.cells

    @property
    def left_out(self) -> str:
        """What the proof says of the others, "" where there were none."""
        gone = self.cells - self.numbers
        return (
            f"; {gone:,} of {self.cells:,} cells, where the original is no number, not compared"
            if gone
            else ""
        )
