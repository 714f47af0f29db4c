"""Where a search for the order of steps can be cut: what every order goes through lies between two stretches.

Sets are written out here, each tensor by its number: time grows with the steps and what they read, not with their product.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

STRETCH = 64
"""Steps from which a stretch is searched by itself: the fewer, the smaller its sets; each has to be made."""

Tensors = tuple[int, ...]
"""Numbers of tensors, the lowest first; the higher ranks first."""


class Steps(NamedTuple):
    """Steps as sets of tensors."""

    sizes: tuple[int, ...]
    """Bytes of each tensor."""
    reads: tuple[Tensors, ...]
    """For each step, the tensors it reads and does not write."""
    writes: tuple[Tensors, ...]
    """For each step, the tensors it writes."""
    inner: tuple[int, ...]
    """For each step, bytes it needs besides what is alive before it: 0, or more than it writes for a block."""
    start: Tensors
    """What is alive at first: the inputs."""
    kept: Tensors
    """What stays to the end: the outputs."""

    def bytes(self, tensors: Tensors) -> int:
        """Bytes of a set of tensors."""
        return sum([self.sizes[tensor] for tensor in tensors])

    def readers(self) -> list[list[int]]:
        """For each tensor, the steps that read it and do not write it."""
        found: list[list[int]] = [[] for _ in self.sizes]
        for step, read in enumerate(self.reads):
            for tensor in read:
                found[tensor].append(step)
        return found


class Stretch(NamedTuple):
    """Steps between two cuts that every order goes through."""

    own: list[int]
    """Which they are of all steps."""
    steps: Steps
    """The same, with their tensors alone."""
    longest: int
    """Steps from one cut that every order goes through to the next, at most; 0: not known."""


def stretches(steps: Steps) -> list[Stretch]:
    """The steps between cuts that every order goes through, each with its own tensors alone; else all in one."""
    kept = set(steps.kept)
    readers = steps.readers()
    found: list[Stretch] = []
    if all(readers[t] or t in kept for written in steps.writes for t in written):
        # else what nobody reads could run on either side of such a cut
        found = [
            Stretch(own, _apart(steps, own, start, {*end, *kept}), longest)
            for own, start, end, longest in _cuts(steps, readers, kept)
        ]
    longest = found[0].longest if found else 0
    return found if len(found) > 1 else [Stretch([*range(len(steps.reads))], steps, longest)]


def _cuts(
    steps: Steps, readers: Sequence[Sequence[int]], kept: set[int]
) -> Iterator[tuple[list[int], Tensors, Tensors, int]]:
    """The steps of each stretch, what is alive before and after it, and its ``longest``."""
    writer = {tensor: step for step, written in enumerate(steps.writes) for tensor in written}
    left = list(map(len, readers))  # of each tensor, the steps still to read it
    alive = set(steps.start)
    by_writer = Counter(writer.get(tensor, -1) for tensor in alive)
    waiting = [sum([tensor not in alive for tensor in read]) for read in steps.reads]
    ready = [step for step, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    own: list[int] = []
    start = tuple(sorted(alive))
    last = longest = 0
    while ready:
        step = heapq.heappop(ready)
        own.append(step)
        for tensor in steps.writes[step]:
            alive.add(tensor)
            by_writer[step] += 1
            for reader in readers[tensor]:
                waiting[reader] -= 1
                if not waiting[reader]:
                    heapq.heappush(ready, reader)
        for tensor in steps.reads[step]:
            left[tensor] -= 1
        for tensor in (*steps.reads[step], *steps.writes[step]):
            if not left[tensor] and tensor not in kept:
                alive.remove(tensor)
                source = writer.get(tensor, -1)
                by_writer[source] -= 1
                if not by_writer[source]:
                    del by_writer[source]
        if not ready or len(by_writer) < 2:
            last, longest = len(own), max(longest, len(own) - last)
            if not ready or len(own) >= STRETCH:
                end = tuple(sorted(alive))
                yield sorted(own), start, end, longest
                own, start, last, longest = [], end, 0, 0


def _apart(steps: Steps, own: Sequence[int], start: Tensors, kept: set[int]) -> Steps:
    """The steps ``own`` with their tensors alone, from the cut ``start``; of these what is in ``kept`` stays."""
    there = set(start)
    for step in own:
        there.update(steps.reads[step], steps.writes[step])
    tensors = sorted(there)
    place = {tensor: 2 * at + 1 for at, tensor in enumerate(tensors)}
    sizes = [0] * (2 * len(place) + 1)
    for tensor, at in place.items():
        sizes[at] = steps.sizes[tensor]

    def local(tensors: Sequence[int]) -> Tensors:
        return tuple([place[tensor] for tensor in tensors])

    return Steps(
        tuple(sizes),
        tuple([local(steps.reads[step]) for step in own]),
        tuple([local(steps.writes[step]) for step in own]),
        tuple([steps.inner[step] for step in own]),
        local(start),
        local([tensor for tensor in tensors if tensor in kept]),
    )
