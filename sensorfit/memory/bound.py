"""The runtime bytes that no order of the steps can beat.

During a step its inputs, outputs and scratch are alive. So is every tensor
that was written before it in any order (its writer is an ancestor) and is
still to be read in any order (a reader is a descendant) or an output. Their sum at the
worst step is a lower bound for every schedule and every placement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from .device import Program
from .lifetimes import Lifetime


def bound_bytes(program: Program, spans: Sequence[Lifetime]) -> int:
    """The bound. Ancestors and descendants are bit sets: a few operations on sets of n bits for each of n steps."""
    operations = program.operations
    writer: dict[str, int] = {name: index for index, op in enumerate(operations) for name in op.writes}
    readers: dict[str, list[int]] = {}
    for index, op in enumerate(operations):
        for name in op.reads:
            readers.setdefault(name, []).append(index)
    outputs = set(program.outputs)
    before = _ancestors(program, writer)
    after = _descendants(program, readers)
    change = [0] * (len(operations) + 1)  # of the bytes needed, from one step to the next
    for span in spans:
        name, size = span.buffer.name, span.buffer.bytes
        last = min(span.last, len(operations) - 1)
        touching = readers.get(name, [])
        source = writer.get(name)
        kept = name in outputs
        if last < span.first:
            continue
        if not kept and (last - span.first <= 1 or (source is None and not touching)):
            change[span.first] += size
            change[last + 1] -= size
            continue
        alive = (1 << last - span.first + 1) - 1  # bit 0 is the span's first step
        if not kept:  # what some reader waits for; an output waits for the end
            ahead = 0
            for index in touching:
                ahead |= before[index]
            alive &= ahead >> span.first
        if source is not None:
            alive &= after[source] >> span.first
        for start, end in _runs(alive):
            change[span.first + start] += size
            change[span.first + end] -= size
    return max(accumulate(change), default=0)


def _ancestors(program: Program, writer: dict[str, int]) -> list[int]:
    """For each step the set of itself (bit i: step i) and all that must run before it."""
    found = [0] * len(program.operations)
    for index, op in enumerate(program.operations):
        mask = 1 << index
        for name in op.reads:
            source = writer.get(name)
            if source is not None and source != index:
                mask |= found[source]
        found[index] = mask
    return found


def _descendants(program: Program, readers: dict[str, list[int]]) -> list[int]:
    """For each step the set of itself and all that must run after it."""
    found = [0] * len(program.operations)
    for index in range(len(program.operations) - 1, -1, -1):
        mask = 1 << index
        for name in program.operations[index].writes:
            for reader in readers.get(name, ()):
                mask |= found[reader]
        found[index] = mask
    return found


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """The runs of ones in ``mask``: first bit and the bit after the last."""
    if not mask:
        return
    low = (mask & -mask).bit_length() - 1
    if mask.bit_count() == mask.bit_length() - low:  # one run, as between steps in a row
        yield low, mask.bit_length()
        return
    for found in re.finditer("1+", f"{mask:b}"[::-1]):
        yield found.start(), found.end()
