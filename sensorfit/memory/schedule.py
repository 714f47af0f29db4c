"""The order in which the sensor runs the steps.

The converter's listing shows two habits. Steps that compute go first, in the
graph's order; changes of layout wait until nothing else can run. When one
must run, those whose result is wanted latest go first.
"""

from __future__ import annotations

import heapq

from .device import Operation, Program

TRANSFORM = "Transform"


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


def _wanted(operations: list[Operation], readers: list[list[int]]) -> list[int]:
    """For each step, the first computing step that needs its result, through transforms."""
    wanted = [len(operations)] * len(operations)
    for index in range(len(operations) - 1, -1, -1):
        for reader in readers[index]:
            found = wanted[reader] if operations[reader].op == TRANSFORM else reader
            wanted[index] = min(wanted[index], found)
    return wanted
