"""The order of steps whose largest cut is least, searched for as the converter does.

A *cut* is what is alive while a step runs: what it reads, what it writes, and
what waits for later. Cuts are expanded best first (A*): the lowest peak so
far, where everything up to an estimate counts alike, then the longest order,
then the first in rank. The estimate is halved between what is possible and
what was found. The method, its order of preference and its limits are those of
the max-cut search that model-compression-toolkit publishes
(``core/common/graph/memory_graph``, Apache-2.0) after the converter's own
scheduler; the converter's listings bear it out step by step (the wide probes
of tests/data/memory), with fewer estimates: the sixth is tried (br_12, g_s2b),
the seventh would have found better (g_s2a, g_s2b).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

ESTIMATES = 6
"""Estimates tried at most; to the first, everything counts alike."""
EXPANSIONS = 500
"""Cuts expanded at most since the last cut that every order goes through."""
CLOSE_ENOUGH = 1.01
"""The search ends when the peak found is within this factor of what is possible."""
STRETCH = 64
"""Steps from which a stretch is searched by itself: the fewer, the smaller its sets; each has to be made."""
CLOSED = -1
"""Stands for the peak of a cut that was expanded: nothing is better."""


class Steps(NamedTuple):
    """Steps as sets of tensors: bit ``b`` of a set is tensor ``b``; the higher bit ranks first."""

    sizes: tuple[int, ...]
    """Bytes of each tensor."""
    reads: tuple[int, ...]
    """For each step, the tensors it reads and does not write."""
    writes: tuple[int, ...]
    """For each step, the tensors it writes."""
    inner: tuple[int, ...]
    """For each step, bytes it needs besides what is alive before it: 0, or more than it writes for a block."""
    start: int
    """What is alive at first: the inputs."""
    kept: int
    """What stays to the end: the outputs."""

    def bytes(self, tensors: int) -> int:
        """Bytes of a set of tensors."""
        return sum(self.sizes[bit] for bit in bits(tensors))


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
"""A cut in the order of preference: peak or estimate, less its length, its rank; the cut, its peak, step and state."""


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
        """Whether a search ended by its limits."""
        self.written = [steps.bytes(w) for w in steps.writes]
        self.needed = [max(w, i) for w, i in zip(self.written, steps.inner, strict=True)]
        """For each step, bytes besides what is alive before it."""
        self.readers = [0] * len(steps.sizes)
        self.writer = [-1] * len(steps.sizes)
        self.waiting: list[list[int]] = []
        """For each step, the steps that read what it writes."""
        self.passing: list[list[int]] = []
        """For each step, the tensors it reads or writes that need not stay to the end."""
        for index, (read, written) in enumerate(zip(steps.reads, steps.writes, strict=True)):
            for tensor in bits(read):
                self.readers[tensor] |= 1 << index
            for tensor in bits(written):
                self.writer[tensor] = index
            self.passing.append(list(bits((read | written) & ~steps.kept)))
        for written in steps.writes:
            readers = (reader for tensor in bits(written) for reader in bits(self.readers[tensor]))
            self.waiting.append(list(dict.fromkeys(readers)))
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
        last: dict[int, int] = {}
        for place, step in enumerate(order):
            for tensor in self.passing[step]:
                last[tensor] = place
        dying = [0] * len(order)
        for tensor, place in last.items():
            dying[place] += self.steps.sizes[tensor]
        size = largest = self.steps.bytes(self.steps.start)
        for place, step in enumerate(order):
            largest = max(largest, size + self.needed[step])
            size += self.written[step] - dying[place]
        return largest

    def solve(self, estimate: float) -> tuple[list[int], int] | None:
        """The best order found and its peak in bytes; None when the search gives up."""
        order: list[int] = []
        peak = self.steps.bytes(self.steps.start)
        for stretch, own in self._stretches:
            found = own._search(estimate, peak)
            if found is None:
                return None
            order += [stretch[step] for step in found[0]]
            peak = found[1]
        return order, peak

    def _search(self, estimate: float, peak: int) -> tuple[list[int], int] | None:
        """``solve`` for one stretch, where ``peak`` bytes were needed before it."""
        steps = self.steps
        everything = (1 << len(steps.reads)) - 1
        ready = [index for index, read in enumerate(steps.reads) if not read & ~steps.start]
        state = _State(steps.start, steps.bytes(steps.start), peak, 0, 0, ready, -1, None)
        peaks: dict[int, int] = {}
        heap: list[_Open] = []
        pushed = itertools.count()
        expansions = 0
        while state.done != everything:
            if self._one_writer(state.alive):
                peaks.clear()
                heap.clear()
                expansions = 0
            expansions += 1
            if max(expansions, len(state.ready)) > EXPANSIONS:  # each that is ready takes one at least
                return None
            if len(state.ready) == 1 and not heap:  # nothing to choose from: as below, without the heap
                (step,) = state.ready
                cut = state.alive | steps.writes[step]
                if cut in peaks:
                    return None
                peaks[cut] = CLOSED
                state = self._run(state, step, cut, max(state.peak, state.bytes + self.needed[step]))
                continue
            for step in state.ready:
                cut = state.alive | steps.writes[step]
                peak = max(state.peak, state.bytes + self.needed[step])
                known = peaks.get(cut)
                if known is None or peak < known:
                    peaks[cut] = peak
                    first = max(peak, estimate)
                    heapq.heappush(
                        heap, (first, -state.length, _rank(cut), next(pushed), cut, peak, step, state)
                    )
            while heap:
                _, _, _, _, cut, peak, step, before = heapq.heappop(heap)
                if peaks[cut] == peak:
                    break
            else:
                return None
            peaks[cut] = CLOSED
            state = self._run(before, step, cut, peak)
        return _order(state), state.peak

    @cached_property
    def _stretches(self) -> list[tuple[list[int], MaxCut]]:
        """The steps between cuts that every order goes through, each a search of its own over fewer tensors."""
        everything = list(range(len(self.steps.reads)))
        if any(
            not self.readers[t] and not self.steps.kept >> t & 1 for w in self.steps.writes for t in bits(w)
        ):
            return [(everything, self)]  # what nobody reads can run on either side of such a cut
        state = _State(self.steps.start, 0, 0, 0, 0, [], -1, None)
        state.ready = [index for index, read in enumerate(self.steps.reads) if not read & ~state.alive]
        found: list[tuple[list[int], int, int]] = []
        stretch, start = [], state.alive
        while state.ready:
            step = min(state.ready)
            state = self._run(state, step, state.alive | self.steps.writes[step], 0)
            state.before = None
            stretch.append(step)
            if not state.ready or (len(stretch) >= STRETCH and self._one_writer(state.alive)):
                found.append((stretch, start, state.alive))
                stretch, start = [], state.alive
        if len(found) < 2:
            return [(everything, self)]
        return [(sorted(own), self._stretch(sorted(own), start, end)) for own, start, end in found]

    def _stretch(self, own: Sequence[int], start: int, end: int) -> MaxCut:
        """The search over the steps ``own``, with their tensors alone, from the cut ``start`` to the cut ``end``."""
        there = start
        for step in own:
            there |= self.steps.reads[step] | self.steps.writes[step]
        place = {tensor: 2 * at + 1 for at, tensor in enumerate(bits(there))}
        sizes = [0] * (2 * len(place) + 1)
        for tensor, at in place.items():
            sizes[at] = self.steps.sizes[tensor]

        def local(tensors: int) -> int:
            return sum(1 << place[tensor] for tensor in bits(tensors))

        return MaxCut(
            Steps(
                tuple(sizes),
                tuple(local(self.steps.reads[step]) for step in own),
                tuple(local(self.steps.writes[step]) for step in own),
                tuple(self.steps.inner[step] for step in own),
                local(start),
                local(there & (self.steps.kept | end)),
            )
        )

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
        ready += [r for r in self.waiting[step] if not self.steps.reads[r] & ~alive and r not in ready]
        size = state.bytes + self.written[step] - freed
        return _State(alive, size, peak, state.length + 1, done, ready, step, state)

    def _one_writer(self, alive: int) -> bool:
        """Whether every order goes through here: all that is alive has one writer."""
        if not alive:
            return True
        writer = self.writer[alive.bit_length() - 1]
        return not alive & ~(self.steps.writes[writer] if writer >= 0 else self.steps.start)


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
