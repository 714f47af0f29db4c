"""What the buffers alive at each step need together.

Kept a step: how many units of ``align`` the buffers fill, and the two smallest of them that are of unlike tensors. That
is enough to say what a step would need if one tensor took less, without its live set: time grows with steps and
buffers, not with their product.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from math import inf
from typing import NamedTuple

from .layout import round_up
from .lifetimes import Lifetime


class _Smallest(NamedTuple):
    """The smallest buffer above 0 bytes at a step, its tensor, and the smallest of any other tensor; inf where none is."""

    bytes: float
    tensor: str
    other: float


class Needs:
    """The bytes that each of ``steps`` steps needs, from the lifetimes of the buffers.

    Buffers lie side by side, each starting on a multiple of ``align``; the smallest lies last, so that its end is not
    rounded up.
    """

    def __init__(self, spans: Sequence[Lifetime], steps: int, align: int) -> None:
        self.align = align
        self._spans = spans
        change, empty = [0] * (steps + 1), [0] * (steps + 1)
        for span in spans:
            last = min(span.last, steps - 1)
            if last < span.first:
                continue
            units = -(-span.buffer.bytes // align)
            change[span.first] += units
            change[last + 1] -= units
            if not span.buffer.bytes:
                empty[span.first] += 1
                empty[last + 1] -= 1
        self._units = list(accumulate(change))[:steps]
        self.bytes = [
            self._together(units, 0 if none else least)
            for units, none, least in zip(self._units, accumulate(empty), _least(spans, steps), strict=False)
        ]
        """For each step."""

    @cached_property
    def _ranked(self) -> list[int]:
        return sorted(range(len(self.bytes)), key=lambda step: -self.bytes[step])

    @cached_property
    def _smallest(self) -> list[_Smallest]:
        return _smallest(self._spans, len(self.bytes))

    def scaled(self, spans: Sequence[Lifetime], scale: float) -> int:
        """The most that a step of the life of a tensor would need if its buffers (``spans``, all it has) were ``scale`` as large."""
        tensor = spans[0].buffer.tensor
        most = 0
        for steps, sizes in self._stretches(spans):
            smaller = [size for size in (int(size * scale) for size in sizes) if size]
            least = min(smaller, default=inf)
            more = sum([-(-s // self.align) for s in smaller]) - sum([-(-s // self.align) for s in sizes])
            for step in steps:
                smallest = self._smallest[step]
                other = smallest.other if smallest.tensor == tensor else smallest.bytes
                most = max(most, self._together(self._units[step] + more, min(other, least)))
        return most

    def without(self, spans: Sequence[Lifetime]) -> int:
        """The most that a step needs at which none of ``spans`` is alive."""
        alive = {step for steps, _ in self._stretches(spans) for step in steps}
        return next((self.bytes[step] for step in self._ranked if step not in alive), 0)

    def _stretches(self, spans: Sequence[Lifetime]) -> Iterator[tuple[range, list[int]]]:
        """The steps at which the same of ``spans`` are alive, with their bytes."""
        ends = [(span.first, min(span.last, len(self.bytes) - 1) + 1, span.buffer.bytes) for span in spans]
        bounds = sorted({step for first, end, _ in ends for step in (first, end)})
        for begin, stop in pairwise(bounds):
            if sizes := [size for first, end, size in ends if first <= begin and stop <= end]:
                yield range(begin, stop), sizes

    def _together(self, units: int, smallest: float) -> int:
        if smallest == inf:
            return 0
        return units * self.align - round_up(int(smallest), self.align) + int(smallest)


def _least(spans: Sequence[Lifetime], steps: int) -> list[float]:
    """The smallest buffer above 0 bytes at each step; inf where none is."""
    starting: list[list[tuple[int, int]]] = [[] for _ in range(steps)]
    for span in spans:
        if span.buffer.bytes and span.first < steps:
            starting[span.first].append((span.buffer.bytes, span.last))
    heap: list[tuple[int, int]] = []
    found: list[float] = []
    for step, born in enumerate(starting):
        for item in born:
            heapq.heappush(heap, item)
        while heap and heap[0][1] < step:
            heapq.heappop(heap)
        found.append(heap[0][0] if heap else inf)
    return found


def _smallest(spans: Sequence[Lifetime], steps: int) -> list[_Smallest]:
    starting: list[list[tuple[int, str, int]]] = [[] for _ in range(steps)]
    for span in spans:
        if span.buffer.bytes and span.first < steps:
            starting[span.first].append((span.buffer.bytes, span.buffer.tensor, span.last))
    heap: list[tuple[int, str, int]] = []
    found = []
    for step, born in enumerate(starting):
        for item in born:
            heapq.heappush(heap, item)
        while heap and heap[0][2] < step:
            heapq.heappop(heap)
        first = heap[0] if heap else None
        same = []  # of the same tensor, put back below
        while first is not None and heap and (heap[0][1] == first[1] or heap[0][2] < step):
            item = heapq.heappop(heap)
            if item[2] >= step:
                same.append(item)
        other = heap[0][0] if heap else inf
        found.append(_Smallest(first[0], first[1], other) if first else _Smallest(inf, "", inf))
        for item in same:
            heapq.heappush(heap, item)
    return found
