"""Where each buffer lies: offsets such that nothing alive at once overlaps.

    address ^
            |   +---------+
            |   |    C    |          A lives through steps 0-2, B 1-4, C 2-3:
            |   +---------+          C may lie where nothing of A and B is
            | +-------------------+
            | |         B         |
    +-------+-+----+--------------+
    |      A       |
    +--------------+----------------> step

Buffers are placed one after the other at the lowest free address that is a
multiple of the alignment. Which comes first decides how well they pack; a few
orders are tried and the lowest plan is kept (greedy by size, as in Pisarchyk
and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
That compares each buffer with all that are alive beside it; where these are
too many (thousands of skips across the whole network), buffers are placed in
the order in which they are written, each in the smallest gap that holds it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from math import inf

from .lifetimes import Lifetime

Offsets = list[int]

MOST_COMPARED = 500_000
"""Steps of all lives together up to which orders are tried: about half a second of one core for the first of them."""


def place(spans: Sequence[Lifetime], needed: Sequence[int], align: int) -> tuple[Offsets, int]:
    """Offsets of ``spans`` (in their order) and the height of the plan.

    ``needed`` holds the bytes that each step needs at least; the search ends
    with the first order that is no higher than the largest of them.
    """
    if sum(span.last - span.first + 1 for span in spans) > MOST_COMPARED:
        return _as_written(spans, align)
    goal = max(needed, default=0)
    best: Offsets = [0] * len(spans)
    height: float = inf
    for order in _orders(spans, needed):
        placed = _place_in_order(spans, order, align, height)
        if placed is not None:
            best, height = placed
        if height <= goal:
            break
    return best, int(height)


def _orders(spans: Sequence[Lifetime], needed: Sequence[int]) -> Iterator[list[int]]:
    everything = range(len(spans))
    peaks = _peaks(spans, needed)
    keys: list[Callable[[int], tuple[int, ...]]] = [
        lambda i: (-spans[i].buffer.bytes, spans[i].first, spans[i].last),
        lambda i: (-peaks[i], -spans[i].buffer.bytes, spans[i].first),
        lambda i: (-peaks[i], spans[i].first - spans[i].last, -spans[i].buffer.bytes),
        lambda i: (spans[i].first - spans[i].last, -spans[i].buffer.bytes, spans[i].first),
        lambda i: (-spans[i].buffer.bytes * (spans[i].last - spans[i].first + 1), spans[i].first),
        lambda i: (-spans[i].last, -spans[i].buffer.bytes, spans[i].first),
        lambda i: (spans[i].first, -spans[i].last, -spans[i].buffer.bytes),
    ]
    return (sorted(everything, key=key) for key in keys)


def _peaks(spans: Sequence[Lifetime], needed: Sequence[int]) -> list[int]:
    """For each buffer, the most that any step of its life needs (sparse table of range maxima)."""
    table = [list(needed)]
    while (1 << len(table)) <= len(needed):
        half = 1 << (len(table) - 1)
        row = table[-1]
        table.append([max(row[i], row[i + half]) for i in range(len(row) - half)])
    found = []
    for span in spans:
        first, last = span.first, min(span.last, len(needed) - 1)
        level = max((last - first + 1).bit_length() - 1, 0)
        found.append(max(table[level][first], table[level][last - (1 << level) + 1]) if needed else 0)
    return found


def _place_in_order(
    spans: Sequence[Lifetime], order: Sequence[int], align: int, below: float
) -> tuple[Offsets, int] | None:
    """Each buffer at its lowest free address, and the height; None where that is not ``below`` the best so far.

    Time grows with lifetimes and conflicts, not with their product.
    """
    steps = max((span.last for span in spans), default=-1) + 1
    present: list[list[tuple[int, int]]] = [
        [] for _ in range(steps)
    ]  # (start, end) of what is alive at a step
    starting: list[list[tuple[int, int]]] = [[] for _ in range(steps)]  # ... of what begins there
    offsets = [0] * len(spans)
    top = 0
    for index in order:
        span = spans[index]
        size = span.buffer.bytes
        if not size:
            continue
        taken = list(present[span.first])
        for step in range(span.first + 1, span.last + 1):
            taken += starting[step]
        taken.sort()
        at = 0
        for start, end in taken:
            if at + size <= start:
                break
            if end > at:
                at = -(-end // align) * align
        offsets[index] = at
        top = max(top, at + size)
        if top >= below:
            return None
        place = (at, at + size)
        starting[span.first].append(place)
        for step in range(span.first, span.last + 1):
            present[step].append(place)
    return offsets, top


def _as_written(spans: Sequence[Lifetime], align: int) -> tuple[Offsets, int]:
    """Each buffer, by its first step, in the smallest gap that holds it, and the height; about O(n log n)."""
    offsets = [0] * len(spans)
    gaps = _Gaps()
    ending: list[tuple[int, int, int]] = []  # (last step, start, end) of what is placed
    top = 0
    for index in sorted(range(len(spans)), key=lambda i: (spans[i].first, -spans[i].last)):
        span = spans[index]
        if not span.buffer.bytes:
            continue
        while ending and ending[0][0] < span.first:
            _, start, end = heapq.heappop(ending)
            gaps.free(start, end)
        start, end = gaps.take(-(-span.buffer.bytes // align) * align)
        offsets[index] = start
        top = max(top, start + span.buffer.bytes)
        heapq.heappush(ending, (span.last, start, end))
    return offsets, top


class _Gaps:
    """What is free: gaps that do not touch, by their size; the last one has no end."""

    def __init__(self) -> None:
        self._by_size: list[tuple[float, int]] = [(inf, 0)]
        self._end_of: dict[int, float] = {0: inf}
        self._start_of: dict[float, int] = {inf: 0}

    def take(self, size: int) -> tuple[int, int]:
        """Start and end of ``size`` bytes in the smallest gap that holds them, the lowest of several."""
        start = self._by_size[bisect_left(self._by_size, (size, 0))][1]
        end = self._end_of[start]
        self._remove(start)
        if start + size < end:
            self._add(start + size, end)
        return start, start + size

    def free(self, start: int, end: float) -> None:
        """Give back from ``start`` to ``end``, as one gap with those that it touches."""
        if end in self._end_of:
            after = int(end)
            end = self._end_of[after]
            self._remove(after)
        if start in self._start_of:
            start = self._start_of[start]
            self._remove(start)
        self._add(start, end)

    def _add(self, start: int, end: float) -> None:
        insort(self._by_size, (end - start, start))
        self._end_of[start], self._start_of[end] = end, start

    def _remove(self, start: int) -> None:
        end = self._end_of.pop(start)
        del self._start_of[end]
        del self._by_size[bisect_left(self._by_size, (end - start, start))]
