"""The order in which the sensor runs the steps.

At first every step runs as soon as it can, steps that compute in the graph's
order and changes of layout after them, those whose result is wanted latest
first. Where that order is worse than need be, a better one is searched for.
The search does not see scratch space (probes cat8 and cat9 against sub8 and
qcat), and outputs stay until the end (br_8: 245760 B are six outputs of 24 KB
and three tensors of 32 KB).
"""

from __future__ import annotations

import heapq

from .bound import bound_bytes
from .device import Operation, Program
from .layout import Facts, round_up
from .lifetimes import lifetimes
from .search import MaxCut, Steps

TRANSFORM = "Transform"


def schedule(program: Program, facts: Facts) -> list[Operation]:
    """The operations of ``program`` in the order they run.

    O(n log n) where the first order is as good as any; each search takes some
    hundred cuts for every stretch of parallel branches.
    """
    operations = program.operations
    first = _as_soon_as_possible(operations)
    search = MaxCut(_steps(program, facts.align))
    order = first if search.is_best(first) else search.improve(first, _bound(program))
    if search.gave_up:
        program.notes[
            "parallel branches: the search for their order ended at its limit, as the converter's does; where the "
            f"converter was asked about such networks, the runtime was up to {facts.order_error:.0%} off"
        ] = None
    return [operations[index] for index in order]


def _bound(program: Program) -> int:
    """The bytes without scratch space that no order can beat."""
    scratch = {operation.scratch for operation in program.operations}
    return bound_bytes(program, [span for span in lifetimes(program) if span.buffer.name not in scratch])


def _as_soon_as_possible(operations: list[Operation]) -> list[int]:
    writer = {name: index for index, op in enumerate(operations) for name in op.writes}
    readers: list[list[int]] = [[] for _ in operations]
    waiting = [0] * len(operations)
    for index, op in enumerate(operations):
        for name in op.reads:
            source = writer.get(name)
            if source is not None and source != index:
                readers[source].append(index)
                waiting[index] += 1
    ready = [_rank(operations, index) for index, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        index = abs(heapq.heappop(ready)[1])
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, _rank(operations, reader))
    return order


def _rank(operations: list[Operation], index: int) -> tuple[int, int]:
    """What runs first: steps that compute, in order; then changes of layout, the last first."""
    return (1, -index) if operations[index].op == TRANSFORM else (0, index)


def _steps(program: Program, align: int) -> Steps:
    """The program's steps as sets of tensors, without scratch space; sizes in multiples of ``align`` bytes."""
    operations = program.operations
    ranks = dict.fromkeys(program.inputs, (1, 0))  # between what computes and what moves
    for index, op in enumerate(operations):
        group, place = _rank(operations, index)
        ranks |= dict.fromkeys(op.writes, (2 * group, place))
    names = sorted(ranks, key=ranks.__getitem__, reverse=True)
    bit = {name: 1 << place for place, name in enumerate(names)}

    def together(tensors: tuple[str, ...] | list[str]) -> int:
        return sum(bit[name] for name in dict.fromkeys(tensors) if name in bit)

    writes = tuple(together(op.writes) for op in operations)
    reads = tuple(together(op.reads) & ~w for op, w in zip(operations, writes, strict=True))
    sizes = tuple(round_up(program.buffers[name].bytes, align) for name in names)
    return Steps(sizes, reads, writes, together(program.inputs), together(program.outputs))
