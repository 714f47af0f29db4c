"""The order in which the sensor runs the steps.

At first every step runs as soon as it can, in the order of its rank. Where
that is worse than need be, a better order is searched for (``search``). Rank
and search see what the converter's listings show:

- The slices of a convolution's phases run as one block (z_yolo5n_256, br_s2k3).
- Ties go by the converter's names: steps with a fused activation or sum are
  called ``(F)/...`` and come before the others, which start with ``/`` (mid_2,
  br_in, br_p); then the step that hands out an output, then the transforms by their numbers
  (``numbering``), compared as text: 10 before 2 (br_12). Names begin with
  that of the layer, as sensorfit build gives it, or with a function's operator
  (``graph.called``): /Pad and /Slice run before /encoder_conv (involution, e33).
- Scratch space is not seen (probes cat8 and cat9 against sub8 and qcat), and
  outputs stay until the end (br_8: 245760 B are six outputs of 24 KB and three
  tensors of 32 KB).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from .bound import bound_bytes
from .device import OUTPUT, TRANSFORM, Operation, Program
from .layout import MemoryFacts
from .lifetimes import lifetimes
from .numbering import transform_numbers
from .search import CLOSE_ENOUGH, MaxCut
from .stretches import Steps, Tensors

Rank = tuple[int, str, int]


def schedule(
    program: Program, facts: MemoryFacts, search_up_to: int | None = None, notes: bool = True
) -> list[Operation]:
    """The operations of ``program`` in the order they run; of more than ``search_up_to`` the first. ``notes``: whether the
    program is to say where the search ended at its limit.

    O(n log n) where the first order is as good as any; each search takes some
    hundred cuts for every stretch of parallel branches.
    """
    blocks = _blocks(program)
    ranks = _ranks(program, blocks)
    first = _as_soon_as_possible(blocks, ranks)
    if search_up_to is not None and len(blocks) > search_up_to:
        return [op for index in first for op in blocks[index] if op.op != OUTPUT]
    search = MaxCut(_steps(program, blocks, ranks))
    order = search.improve(first)
    if notes and search.gave_up and search.peak(order) > _bound(program) * CLOSE_ENOUGH:
        program.notes[
            "parallel branches: the search for their order ended at its limit, as the converter's does; of "
            f"the recorded networks of the kind the runtime was up to {facts.order_error:.0%} off"
        ] = None
    return [op for index in order for op in blocks[index] if op.op != OUTPUT]


def _bound(program: Program) -> int:
    """The bytes without scratch space that no order can beat."""
    scratch = {operation.scratch for operation in program.operations}
    return bound_bytes(program, [span for span in lifetimes(program) if span.buffer.name not in scratch])


def _blocks(program: Program) -> list[list[Operation]]:
    """What the search moves: single operations, blocks of them, and the steps that hand out an output."""
    found: list[list[Operation]] = []
    for op in program.operations:
        if op.block and found and found[-1][0].block == op.block:
            found[-1].append(op)
        else:
            found.append([op])
    found = [_depth_first(block) if len(block) > 1 else block for block in found]
    return found + [[Operation(f"{name}/out", OUTPUT, (name,), (f"{name}/out",))] for name in program.outputs]


def _depth_first(block: list[Operation]) -> list[Operation]:
    """A block's steps, each change of layout right behind the step that wrote what it reads (e4037)."""
    places: dict[str, tuple[int, ...]] = {}
    for index, op in enumerate(block):
        before = places.get(op.reads[0], ()) if op.op == TRANSFORM else ()
        places |= dict.fromkeys(op.writes, (*before, index))
    return sorted(block, key=lambda op: places[op.writes[0]])


def _ranks(program: Program, blocks: list[list[Operation]]) -> list[Rank]:
    """For each block what it is called, as far as it decides: kind, text, place."""
    numbers = transform_numbers(program)
    ranks: list[Rank] = []
    for index, block in enumerate(blocks):
        op = block[0]
        if op.op == TRANSFORM:
            ranks.append((4, numbers.get(op.writes[0], ""), index))
        else:
            fused = any(name in program.fused for name in op.writes)
            kind = {OUTPUT: 3, "Cast": 2}.get(op.op, 0 if fused else 1)
            ranks.append((kind, op.called if kind < 2 else "", index))
    return ranks


def _as_soon_as_possible(blocks: list[list[Operation]], ranks: list[Rank]) -> list[int]:
    writer = {name: index for index, block in enumerate(blocks) for op in block for name in op.writes}
    readers: list[list[int]] = [[] for _ in blocks]
    waiting = [0] * len(blocks)
    for index, block in enumerate(blocks):
        sources = {writer.get(name, index) for op in block for name in op.reads} - {index}
        for source in sources:
            readers[source].append(index)
        waiting[index] = len(sources)
    ready = [ranks[index] for index, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        index = heapq.heappop(ready)[2]
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, ranks[reader])
    return order


def _steps(program: Program, blocks: list[list[Operation]], ranks: list[Rank]) -> Steps:
    """The blocks as sets of tensors, without scratch space; tensors within a block count only in its need."""
    readers: dict[str, set[int]] = {}
    for index, block in enumerate(blocks):
        for op in block:
            for name in op.reads:
                readers.setdefault(name, set()).add(index)
    ranked: dict[str, Rank] = dict.fromkeys(program.inputs, (3, "Placeholder", -1))
    for index, block in enumerate(blocks):
        for op in block:
            for name in op.writes:
                if len(block) == 1 or readers.get(name, set()) - {index}:
                    ranked[name] = ranks[index]
    names = sorted(ranked, key=ranked.__getitem__, reverse=True)
    place = {name: 2 * at + 1 for at, name in enumerate(names)}
    sizes = [0] * (2 * len(names) + 1)
    for name, at in place.items():
        sizes[at] = program.buffers[name].bytes if name in program.buffers else 0

    def together(tensors: Iterable[str]) -> Tensors:
        return tuple(sorted([place[name] for name in dict.fromkeys(tensors) if name in place]))

    writes = tuple(together([name for op in block for name in op.writes]) for block in blocks)
    reads = tuple(
        together({name for op in block for name in op.reads}.difference(*(op.writes for op in block)))
        for block in blocks
    )
    inner = tuple(_inner(program, block, place) if len(block) > 1 else 0 for block in blocks)
    out = [block[0].writes[0] for block in blocks if block[0].op == OUTPUT]
    return Steps(
        tuple(sizes), reads, writes, inner, together(program.inputs), together([*program.outputs, *out])
    )


def _inner(program: Program, block: list[Operation], leaving: dict[str, int]) -> int:
    """Bytes alive at the worst step of a block, besides what it reads; what is in ``leaving`` stays to its end."""
    last = {name: at for at, op in enumerate(block) for name in (*op.reads, *op.writes)}
    alive: set[str] = set()
    worst = 0
    for at, op in enumerate(block):
        alive |= set(op.writes)
        worst = max(worst, sum(program.buffers[name].bytes for name in alive))
        alive = {name for name in alive if last[name] > at or name in leaving}
    return worst
