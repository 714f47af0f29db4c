"""The order in which the sensor runs the steps.

The converter's listing shows two habits. Steps that compute go first, in the
graph's order; changes of layout wait until nothing else can run. When one
must run, those whose result is wanted latest go first. Where that order has
its peak, a tensor that only waits to become smaller becomes so before.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from .device import Operation, Program
from .lifetimes import Lifetime, lifetimes, live_sets
from .peak import needed_bytes

TRANSFORM = "Transform"
ROUNDS = 8
"""Transforms moved ahead of a peak at most; each time another one makes the peak."""


def schedule(program: Program) -> list[Operation]:
    """The operations of ``program`` in the order they run; O(n log n)."""
    operations = program.operations
    writer = {name: index for index, op in enumerate(operations) for name in op.writes}
    readers: list[list[int]] = [[] for _ in operations]
    waiting = [0] * len(operations)
    for index, op in enumerate(operations):
        for name in op.reads:
            source = writer.get(name)
            if source is not None and source != index:
                readers[source].append(index)
                waiting[index] += 1
    wanted = _wanted(operations, readers)
    computing: list[int] = []
    moving: list[tuple[int, int]] = []

    def release(index: int) -> None:
        if operations[index].op == TRANSFORM:
            heapq.heappush(moving, (-wanted[index], index))
        else:
            heapq.heappush(computing, index)

    for index, count in enumerate(waiting):
        if not count:
            release(index)
    order: list[Operation] = []
    while computing or moving:
        index = heapq.heappop(computing) if computing else heapq.heappop(moving)[1]
        order.append(operations[index])
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                release(reader)
    return order


def relieve(program: Program, align: int) -> None:
    """Move transforms that shrink what waits at the peak, or that make it, to before it, and those that grow it to behind."""
    for _ in range(ROUNDS):
        operations = program.operations
        sets = [list(alive) for alive in live_sets(lifetimes(program), len(operations))]
        needed = [needed_bytes([span.buffer.bytes for span in alive], align) for alive in sets]
        if not needed:
            return
        crossing = [
            needed_bytes([span.buffer.bytes for span in alive if span.first < index], align)
            for index, alive in enumerate(sets)
        ]
        peak = max(range(len(needed)), key=needed.__getitem__)
        step = operations[peak]
        held = {*step.reads, *step.writes, step.scratch} if step.op != TRANSFORM else {*step.writes}
        for span in sets[peak]:
            later = operations[span.last]
            if span.buffer.name in held or later.op != TRANSFORM or len(later.reads) != 1:
                continue
            result = program.buffers[later.writes[0]].bytes
            if result >= span.buffer.bytes or any(
                span.buffer.name in operations[i].reads for i in range(peak, span.last)
            ):
                continue
            before = next(
                (i for i in range(peak, span.first, -1) if crossing[i] + result < needed[peak]), None
            )
            reads = (
                i
                for i in range(span.first, peak)
                if i == span.first or span.buffer.name in operations[i].reads
            )
            ready = max(reads, default=span.first) + 1
            if before is None or before < ready:
                continue
            moved = operations.pop(span.last)
            operations.insert(before, moved)
            break
        else:
            move = _postponed(program, sets, needed, peak, align)
            if move is None:
                return
            at, reader = move
            operations.insert(reader - 1, operations.pop(at))


def _postponed(
    program: Program, sets: Sequence[Sequence[Lifetime]], needed: Sequence[int], peak: int, align: int
) -> tuple[int, int] | None:
    """A transform whose larger result only waits at the peak, and the step that reads it: there it lowers the peak."""
    operations = program.operations
    step = operations[peak]
    for span in sets[peak]:
        name, writer = span.buffer.name, operations[span.first]
        if name in (*step.reads, *step.writes) or writer.op != TRANSFORM or name not in writer.writes:
            continue
        reader = next(i for i in range(span.first + 1, span.last + 1) if name in operations[i].reads)
        source = program.buffers[writer.reads[0]]
        if reader < peak or len(writer.reads) != 1 or source.bytes >= span.buffer.bytes:
            continue
        alive = [
            {s.buffer.name: s.buffer.bytes for s in sets[i] if s is not span} | {source.name: source.bytes}
            for i in range(span.first + 1, reader)
        ]
        both = {s.buffer.name: s.buffer.bytes for s in sets[reader] if s.first < reader}
        alive.append(both | {source.name: source.bytes})
        if max(needed_bytes(list(sizes.values()), align) for sizes in alive) < needed[peak]:
            return span.first, reader
    return None


def _wanted(operations: list[Operation], readers: list[list[int]]) -> list[int]:
    """For each step, the first computing step that needs its result, through transforms."""
    wanted = [len(operations)] * len(operations)
    for index in range(len(operations) - 1, -1, -1):
        for reader in readers[index]:
            found = wanted[reader] if operations[reader].op == TRANSFORM else reader
            wanted[index] = min(wanted[index], found)
    return wanted
