"""The order of steps whose largest cut is least, searched for as the converter does.

A *cut* is what is alive while a step runs: what it reads, what it writes, and
what waits for later. Cuts are expanded best first (A*): the lowest peak so
far, where everything up to an estimate counts alike, then the longest order,
then the first in rank. The estimate is halved between what is possible and
what was found. The method, its order of preference and its limits are those of
the max-cut search that model-compression-toolkit publishes
(``core/common/graph/memory_graph``, Apache-2.0) after the converter's own
scheduler; the converter's totals for parallel branches bear it out (the wide
probes of tests/data/memory).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

ESTIMATES = 50
"""Estimates tried at most."""
EXPANSIONS = 500
"""Cuts expanded at most since the last cut that every order goes through."""
CLOSE_ENOUGH = 1.01
"""The search ends when the peak found is within this factor of what is possible."""


@dataclass(frozen=True)
class Steps:
    """Steps as sets of tensors: bit ``b`` of a set is tensor ``b``; the higher bit ranks first."""

    sizes: tuple[int, ...]
    """Bytes of each tensor."""
    reads: tuple[int, ...]
    """For each step, the tensors it reads and does not write."""
    writes: tuple[int, ...]
    """For each step, the tensors it writes."""
    start: int
    """What is alive at first: the inputs."""
    kept: int
    """What stays to the end: the outputs."""

    def bytes(self, tensors: int) -> int:
        """Bytes of a set of tensors."""
        return sum(self.sizes[bit] for bit in bits(tensors))

    @property
    def largest_step(self) -> int:
        """Bytes that the largest step needs by itself, in any order."""
        each = (self.bytes(r | w) for r, w in zip(self.reads, self.writes, strict=True))
        return max(each, default=0)


@dataclass(slots=True)
class _Cut:
    alive: int
    bytes: int
    peak: int
    """The most bytes on the way here."""
    length: int
    step: int
    before: _Expanded | None


@dataclass(slots=True)
class _Expanded:
    """A cut whose step has run."""

    cut: _Cut
    alive: int
    """Without what nobody reads any more."""
    bytes: int
    done: int
    """Steps that have run, as a set."""
    ready: tuple[int, ...]


def bits(tensors: int) -> Iterator[int]:
    """The bits of a set, lowest first."""
    while tensors:
        low = tensors & -tensors
        yield low.bit_length() - 1
        tensors ^= low


class MaxCut:
    """The search over the orders of ``steps``."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.gave_up = False
        """Whether a search ended by its limits and what it found may not be the best there is."""
        self.written = [steps.bytes(w) for w in steps.writes]
        self.readers = [0] * len(steps.sizes)
        self.writer = [-1] * len(steps.sizes)
        for index, (read, written) in enumerate(zip(steps.reads, steps.writes, strict=True)):
            for tensor in bits(read):
                self.readers[tensor] |= 1 << index
            for tensor in bits(written):
                self.writer[tensor] = index

    def is_best(self, order: list[int]) -> bool:
        """Whether the largest step by itself explains the peak of ``order``."""
        return self.peak(order) <= self.steps.largest_step * CLOSE_ENOUGH

    def improve(self, order: list[int], bound: int) -> list[int]:
        """A better order than ``order`` if the search finds one; ``bound`` is what no order can beat, in bytes."""
        best, found = order, self.peak(order)
        least = self.steps.largest_step
        for _ in range(ESTIMATES):
            if found <= bound or least * CLOSE_ENOUGH >= found:
                break
            estimate = (found + least) / 2
            cut = self.solve(estimate)
            if cut is None:
                self.gave_up = True
                least = int(estimate) + 1
            else:
                best, found = _steps_of(cut), min(int(estimate), cut.peak)
        self.gave_up &= self.peak(best) > bound * CLOSE_ENOUGH
        return best

    def peak(self, order: list[int]) -> int:
        """Bytes of the largest cut of an order."""
        state = self._begin()
        for step in order:
            state = self._run(self._cut(state, step))
        return state.cut.peak

    def solve(self, estimate: float) -> _Cut | None:
        """The last cut of the best order found; None when the search gives up."""
        state = self._begin()
        everything = (1 << len(self.steps.reads)) - 1
        opened: dict[int, int] = {}
        closed: set[int] = set()
        heap: list[tuple[float, int, int, int, _Cut]] = []
        expansions = pushed = 0
        while state.done != everything:
            if self._one_writer(state.alive):
                opened.clear()
                closed.clear()
                heap.clear()
                expansions = 0
            for step in state.ready:
                cut = self._cut(state, step)
                if cut.alive in closed or opened.get(cut.alive, cut.peak + 1) <= cut.peak:
                    continue
                opened[cut.alive] = cut.peak
                pushed += 1
                heapq.heappush(heap, (max(cut.peak, estimate), -cut.length, -cut.alive, pushed, cut))
            expansions += 1
            while heap and opened.get(heap[0][-1].alive) != heap[0][-1].peak:
                heapq.heappop(heap)
            if not heap or expansions > EXPANSIONS:
                return None
            cut = heapq.heappop(heap)[-1]
            del opened[cut.alive]
            closed.add(cut.alive)
            state = self._run(cut)
        return state.cut

    def _begin(self) -> _Expanded:
        steps = self.steps
        size = steps.bytes(steps.start)
        ready = tuple(i for i, read in enumerate(steps.reads) if not read & ~steps.start)
        return _Expanded(_Cut(steps.start, size, size, 0, -1, None), steps.start, size, 0, ready)

    def _cut(self, state: _Expanded, step: int) -> _Cut:
        size = state.bytes + self.written[step]
        alive = state.alive | self.steps.writes[step]
        return _Cut(alive, size, max(state.cut.peak, size), state.cut.length + 1, step, state)

    def _run(self, cut: _Cut) -> _Expanded:
        before = cut.before
        if before is None:
            raise ValueError("a cut without a step has nothing to run")
        step = cut.step
        done = before.done | 1 << step
        gone = 0
        for tensor in bits((self.steps.reads[step] | self.steps.writes[step]) & ~self.steps.kept):
            if not self.readers[tensor] & ~done:
                gone |= 1 << tensor
        alive = cut.alive & ~gone
        ready = [s for s in before.ready if s != step]
        for tensor in bits(self.steps.writes[step]):
            for reader in bits(self.readers[tensor]):
                if not self.steps.reads[reader] & ~alive and reader not in ready:
                    ready.append(reader)
        return _Expanded(cut, alive, cut.bytes - self.steps.bytes(gone), done, tuple(ready))

    def _one_writer(self, alive: int) -> bool:
        """Whether every order goes through here: all that is alive has one writer."""
        if not alive:
            return True
        writer = self.writer[alive.bit_length() - 1]
        return not alive & ~(self.steps.writes[writer] if writer >= 0 else self.steps.start)


def _steps_of(cut: _Cut) -> list[int]:
    order = []
    at: _Cut | None = cut
    while at is not None and at.before is not None:
        order.append(at.step)
        at = at.before.cut
    return order[::-1]
