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
        equal = one == other
        if equal.all():
            continue
        with np.errstate(all="ignore"):
            apart = np.subtract(one, other, dtype=np.float64)
        np.abs(apart, out=apart)
        found = float(apart.max())
        if np.isnan(found):  # of what is no number, or of two infinities
            apart[equal | (np.isnan(one) & np.isnan(other))] = 0.0
            found = float(apart.max())
        if np.isnan(found):
            return float("inf")
        worst = max(worst, found)
    return worst


def units_apart(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """The largest difference in units of float32 at the value itself, at 1 below it, where the first did not overflow."""
    worst = 0.0
    for one, other in zip(first, second, strict=True):
        same = ~np.isfinite(one) | (one == other)
        if same.all():
            continue
        a, b = one[~same].astype(np.float64), other[~same].astype(np.float64)
        with np.errstate(all="ignore"):
            found = float((np.abs(a - b) / (UNIT * np.maximum(1.0, np.abs(a)))).max())
        worst = float("inf") if np.isnan(found) else max(worst, found)
    return worst


def units_of_largest(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """The largest difference in units of float32 at the largest value of its output."""
    return difference_and_units(first, second)[1]


def difference_and_units(first: list[np.ndarray], second: list[np.ndarray]) -> tuple[float, float]:
    """``difference`` and ``units_of_largest``."""
    worst = units = 0.0
    for one, other in zip(first, second, strict=True):
        apart = difference([one], [other])
        if apart:
            worst = max(worst, apart)
            units = max(units, apart / (UNIT * max(largest_value(one), 1e-30)))
    return worst, units


def largest_value(array: np.ndarray) -> float:
    """The largest magnitude of its numbers."""
    numbers = array if array.dtype.kind != "f" or np.isfinite(array).all() else array[np.isfinite(array)]
    ends = (float(numbers.max()), float(numbers.min())) if numbers.size else (0.0,)
    return max(map(abs, ends))


def where_finite(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What came after, and what was before where that is no number: where the original overflows nothing is compared."""
    if one.dtype.kind != "f" or one.shape != other.shape:
        return other
    finite = np.isfinite(one)
    return other if finite.all() else np.where(finite, other, one)


@dataclass
class Seen:
    """How many cells of the original were numbers, so that there was something to compare."""

    cells: int = 0
    numbers: int = 0

    def count(self, outputs: list[np.ndarray]) -> None:
        """The cells of a run."""
        for array in outputs:
            self.cells += array.size
            self.numbers += (
                int(np.count_nonzero(np.isfinite(array))) if array.dtype.kind == "f" else array.size
            )

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
