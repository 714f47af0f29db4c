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
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf

from .lifetimes import Lifetime

Offsets = list[int]


def place(spans: Sequence[Lifetime], needed: Sequence[int], align: int) -> tuple[Offsets, int]:
    """Offsets of ``spans`` (in their order) and the height of the plan.

    ``needed`` holds the bytes that each step needs at least; the search ends
    with the first order that is no higher than the largest of them.
    """
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
