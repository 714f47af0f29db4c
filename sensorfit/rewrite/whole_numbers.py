"""Random whole numbers for the proofs of polynomials.

Every proof takes the same from the start: each is about one identity, for which they are independent and uniform. So the
first of them are drawn once for all.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Final

import numpy as np

KEPT: Final = 1 << 22
"""Numbers of two bytes that stay, for each range."""
RANGES: Final = 4


class WholeNumbers:
    """Those from ``-limit`` to ``limit``, one after the other."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rng = np.random.default_rng(limit)
        self._kept = np.empty(0, np.int16)
        self._at = 0

    def again(self) -> WholeNumbers:
        """From the start."""
        self._at = 0
        return self

    def __call__(self, shape: tuple[int, ...], dtype: str, step: int = 1) -> np.ndarray:
        """The next in ``shape``, times ``step``; the caller sees to it that ``dtype`` holds them."""
        count = prod(shape)
        end = self._at + count
        if end > KEPT:
            drawn = self._draw(count)
        else:
            if end > len(self._kept):
                more = self._draw(min(max(end, 2 * len(self._kept)), KEPT) - len(self._kept))
                self._kept = np.concatenate([self._kept, more])
            drawn = self._kept[self._at : end]
            self._at = end
        made = drawn.reshape(shape).astype(dtype)
        return np.asarray(made * made.dtype.type(step) if step != 1 else made)

    def _draw(self, count: int) -> np.ndarray:
        # 16 bits are drawn in a third of the time that 64 take
        return self._rng.integers(-self._limit, self._limit + 1, count, np.int16)


whole_numbers = lru_cache(maxsize=RANGES)(WholeNumbers)
