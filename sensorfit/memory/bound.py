"""The runtime bytes that no order of the steps can beat.

During a step its inputs, outputs and scratch are alive. So is every tensor
that was written before it in any order (its writer is an ancestor) and is
still to be read in any order (a reader is a descendant) or an output. Their sum at the
worst step is a lower bound for every schedule and every placement.
"""

from __future__ import annotations

from collections.abc import Sequence

from .device import Program
from .lifetimes import Lifetime


def bound_bytes(program: Program, spans: Sequence[Lifetime]) -> int:
    """The bound; ancestors are bit sets, so time is about n^2 / 64 machine words for n steps."""
    operations = program.operations
    writer: dict[str, int] = {name: index for index, op in enumerate(operations) for name in op.writes}
    readers: dict[str, list[int]] = {}
    for index, op in enumerate(operations):
        for name in op.reads:
            readers.setdefault(name, []).append(index)
    outputs = set(program.outputs)
    before = [0] * len(operations)  # bit i: step i is the step itself or an ancestor
    for index, op in enumerate(operations):
        mask = 1 << index
        for name in op.reads:
            source = writer.get(name)
            if source is not None and source != index:
                mask |= before[source]
        before[index] = mask
    need = [0] * len(operations)
    for span in spans:
        name, size = span.buffer.name, span.buffer.bytes
        last = min(span.last, len(operations) - 1)
        touching = readers.get(name, [])
        source = writer.get(name)
        kept = name in outputs
        if not kept and (last - span.first <= 1 or (source is None and not touching)):
            for index in range(span.first, last + 1):
                need[index] += size
            continue
        ahead = -1 if kept else 0  # everything that some reader waits for; an output waits for the end
        for index in touching:
            ahead |= before[index]
        for index in range(span.first, last + 1):
            after_writing = source is None or before[index] >> source & 1
            if after_writing and ahead >> index & 1:
                need[index] += size
    return max(need, default=0)
