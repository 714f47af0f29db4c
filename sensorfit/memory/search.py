"""The order of steps whose largest cut is least, searched for as the converter does.

A *cut* is what is alive while a step runs: what it reads, what it writes, and
what waits for later. Cuts are expanded best first (A*): the lowest peak so
far, where everything up to an estimate counts alike, then the longest order,
then the one that was found first, of those found together the first in rank
(d213, e9031, e9048). The estimate is halved between what is possible and
what was found. The method, its order of preference and its limits are those of
the max-cut search that model-compression-toolkit publishes
(``core/common/graph/memory_graph``, Apache-2.0) after the converter's own
scheduler; the converter's listings bear it out step by step (the wide probes
of tests/data/memory), with fewer estimates: the sixth is tried (br_12, g_s2b),
the seventh would have found better (g_s2a, g_s2b).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from .stretches import Steps, Stretch, stretches

ESTIMATES = 6
"""Estimates tried at most; to the first, everything counts alike."""
EXPANSIONS = 750
"""Cuts expanded at most since the last cut that every order goes through: 704 are (e45), 756 are not (e6013)."""
EXPANSIONS_A_STEP, MOST_EXPANSIONS = 24, 3000
"""Of stretches between such cuts with more than 31 steps as many a step, to so many: smp_unetpp_mnv3s needs 2,916, which are made
(its package is in tests/data/networks/built.json)."""
CLOSE_ENOUGH = 1.01
"""The search ends when the peak found is within this factor of what is possible."""
CLOSED = -1
"""Stands for the peak of a cut that was expanded: nothing is better."""


@dataclass(slots=True)
class _State:
    """An order begun."""

    alive: int
    """What is still to be read, and the outputs."""
    bytes: int
    peak: int
    """Bytes of the largest cut so far."""
    length: int
    done: int
    """Steps that have run, as a set."""
    ready: list[int]
    step: int
    """The last step; -1 at the start."""
    before: _State | None


_Open = tuple[float, int, int, int, int, int, int, _State]
"""A cut in the order of preference: peak or estimate, less its length, the expansion that found it, its rank; the cut, its peak, step and state."""


class MaxCut:
    """The search over the orders of ``steps``."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.gave_up = False
        """Whether a search ended by its limits."""
        self.written, self.needed = _bytes(steps)
        each = (steps.bytes(read) + need for read, need in zip(steps.reads, self.needed, strict=True))
        self.largest_step = max(each, default=0)
        """Bytes that the largest step needs by itself, in any order."""

    def improve(self, order: list[int]) -> list[int]:
        """A better order than ``order`` if the search finds one."""
        best, found = order, float(self.peak(order))
        least = float(self.largest_step)
        for _ in range(ESTIMATES - 1):
            if least * CLOSE_ENOUGH >= found:
                break
            estimate = (found + least) / 2
            solution = self.solve(estimate)
            if solution is None:
                self.gave_up = True
                least = estimate
            else:
                best, found = solution[0], min(estimate, solution[1])
        return best

    def peak(self, order: list[int]) -> int:
        """Bytes of the largest cut of an order."""
        steps = self.steps
        last: dict[int, int] = {}
        for place, step in enumerate(order):
            for tensor in (*steps.reads[step], *steps.writes[step]):
                last[tensor] = place
        for tensor in steps.kept:
            last.pop(tensor, None)
        dying = [0] * len(order)
        for tensor, place in last.items():
            dying[place] += steps.sizes[tensor]
        size = largest = steps.bytes(steps.start)
        for place, step in enumerate(order):
            largest = max(largest, size + self.needed[step])
            size += self.written[step] - dying[place]
        return largest

    def solve(self, estimate: float) -> tuple[list[int], int] | None:
        """The best order found and its peak in bytes; None when the search gives up."""
        if any(stretch.longest > EXPANSIONS for stretch in self._stretches):
            return None  # each expansion leads one step further, at most
        order: list[int] = []
        peak = self.steps.bytes(self.steps.start)
        for stretch, own in zip(self._stretches, self._searches, strict=True):
            found = own.search(estimate, peak)
            if found is None:
                return None
            order += [stretch.own[step] for step in found[0]]
            peak = found[1]
        return order, peak

    @cached_property
    def _stretches(self) -> list[Stretch]:
        return stretches(self.steps)

    @cached_property
    def _searches(self) -> list[_Stretch]:
        return [
            _Stretch(s.steps, max(EXPANSIONS, min(EXPANSIONS_A_STEP * s.longest, MOST_EXPANSIONS)))
            for s in self._stretches
        ]


class _Stretch:
    """The search over the orders of ``steps`` in one piece. Sets of tensors and of steps are bits of a number."""

    def __init__(self, steps: Steps, limit: int = EXPANSIONS) -> None:
        self.steps = steps
        self.limit = limit
        self.written, self.needed = _bytes(steps)
        readers = steps.readers()
        self.reads, self.writes = list(map(_set, steps.reads)), list(map(_set, steps.writes))
        self.start = _set(steps.start)
        self.readers = list(map(_set, readers))
        """For each tensor, the steps that read it."""
        self.writer = [-1] * len(steps.sizes)
        for index, written in enumerate(steps.writes):
            for tensor in written:
                self.writer[tensor] = index
        self.waiting = [list(dict.fromkeys([r for t in w for r in readers[t]])) for w in steps.writes]
        """For each step, the steps that read what it writes."""
        kept = frozenset(steps.kept)
        self.passing = [
            [t for t in (*read, *written) if t not in kept]
            for read, written in zip(steps.reads, steps.writes, strict=True)
        ]
        """For each step, the tensors it reads or writes that need not stay to the end."""

    def search(self, estimate: float, peak: int) -> tuple[list[int], int] | None:
        """The best order found and its peak, where ``peak`` bytes were needed before it; None when the search gives up."""
        steps = self.steps
        there = frozenset(steps.start)
        ready = [index for index, read in enumerate(steps.reads) if there.issuperset(read)]
        state = _State(self.start, steps.bytes(steps.start), peak, 0, 0, ready, -1, None)
        peaks: dict[int, int] = {}
        heap: list[_Open] = []
        expansions = expanded = 0
        while state.length < len(steps.reads):
            if self._one_writer(state.alive):
                peaks.clear()
                heap.clear()
                expansions = 0
            expansions += 1
            expanded += 1
            if max(expansions, len(state.ready)) > self.limit:  # each that is ready takes one at least
                return None
            if len(state.ready) == 1 and not heap:  # nothing to choose from: as below, without the heap
                (step,) = state.ready
                cut = state.alive | self.writes[step]
                if cut in peaks:
                    return None
                peaks[cut] = CLOSED
                state = self._run(state, step, cut, max(state.peak, state.bytes + self.needed[step]))
                continue
            for step in state.ready:
                cut = state.alive | self.writes[step]
                peak = max(state.peak, state.bytes + self.needed[step])
                known = peaks.get(cut)
                if known is None or peak < known:
                    peaks[cut] = peak
                    first = max(peak, estimate)
                    heapq.heappush(heap, (first, -state.length, expanded, _rank(cut), cut, peak, step, state))
            while heap:
                _, _, _, _, cut, peak, step, before = heapq.heappop(heap)
                if peaks[cut] == peak:
                    break
            else:
                return None
            peaks[cut] = CLOSED
            state = self._run(before, step, cut, peak)
        return _order(state), state.peak

    def _run(self, state: _State, step: int, cut: int, peak: int) -> _State:
        """``state`` with one more step run."""
        done = state.done | 1 << step
        gone = freed = 0
        for tensor in self.passing[step]:
            if not self.readers[tensor] & ~done:
                gone |= 1 << tensor
                freed += self.steps.sizes[tensor]
        alive = cut & ~gone
        ready = [other for other in state.ready if other != step]
        ready += [r for r in self.waiting[step] if not self.reads[r] & ~alive and r not in ready]
        size = state.bytes + self.written[step] - freed
        return _State(alive, size, peak, state.length + 1, done, ready, step, state)

    def _one_writer(self, alive: int) -> bool:
        """Whether every order goes through here: all that is alive has one writer."""
        if not alive:
            return True
        writer = self.writer[alive.bit_length() - 1]
        return not alive & ~(self.writes[writer] if writer >= 0 else self.start)


def _bytes(steps: Steps) -> tuple[list[int], list[int]]:
    """For each step, bytes that it writes, and bytes that it needs besides what is alive before it."""
    written = [steps.bytes(tensors) for tensors in steps.writes]
    return written, [max(size, inner) for size, inner in zip(written, steps.inner, strict=True)]


def _set(members: Iterable[int]) -> int:
    """Bit ``b`` stands for member ``b``."""
    found = 0
    for member in members:
        found |= 1 << member
    return found


def _rank(cut: int) -> int:
    """Lower for the set that comes first: by its first tensor, then its second, ...; of two the one that ends first.

    Tensors are odd bits; the even bit below the last one marks the end.
    """
    return -(cut | (cut & -cut) >> 1)


def _order(state: _State) -> list[int]:
    order = []
    at: _State | None = state
    while at is not None and at.step >= 0:
        order.append(at.step)
        at = at.before
    return order[::-1]
