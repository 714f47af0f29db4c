"""When each buffer is alive, in steps of a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .device import Buffer, Program


class Lifetime(NamedTuple):
    """A buffer and the first and last step at which it must stay."""

    buffer: Buffer
    first: int
    last: int


def lifetimes(program: Program, keep_input: bool = False, kept_apart: bool = False) -> list[Lifetime]:
    """Lifetimes of all buffers, by first step.

    A buffer lives from the step that writes it to the last step that reads
    it; inputs from the start, outputs to the end. ``keep_input`` keeps the
    inputs to the end, too; with ``kept_apart`` they lie in a place of their own
    and are not among what is found.
    """
    first: dict[str, int] = dict.fromkeys(program.inputs, 0)
    last: dict[str, int] = dict.fromkeys(program.inputs, 0)
    for index, operation in enumerate(program.operations):
        for name in operation.writes:
            first.setdefault(name, index)
            last[name] = index
        for name in operation.reads:
            first.setdefault(name, index)
            last[name] = index
        if operation.scratch:
            first[operation.scratch] = last[operation.scratch] = index
    for name in (*program.outputs, *(program.inputs if keep_input else ())):
        last[name] = max(len(program.operations) - 1, 0)
    apart = frozenset(program.inputs) if kept_apart else frozenset()
    found = [Lifetime(program.buffers[name], first[name], last[name]) for name in first if name not in apart]
    return sorted(found, key=lambda item: (item.first, item.last))


def live_sets(spans: Sequence[Lifetime], steps: int) -> Iterator[list[Lifetime]]:
    """For each step, what is alive during it, in order of appearance."""
    starting: list[list[Lifetime]] = [[] for _ in range(steps)]
    for span in spans:
        if span.first < steps:
            starting[span.first].append(span)
    alive: list[Lifetime] = []
    for index in range(steps):
        alive = [span for span in alive if span.last >= index]
        alive.extend(starting[index])
        yield alive
