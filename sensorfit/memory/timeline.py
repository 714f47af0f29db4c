"""The schedule as the report gives it: each step with what is alive, made when it is looked at.

Written out, the live sets of a network whose skips are long grow with the square of its nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from .device import Operation
from .lifetimes import Lifetime, live_sets
from .model import Live, Step


class Timeline(Sequence[Step]):
    """The steps in the order they run; ``offsets`` places the buffers of ``spans``."""

    def __init__(
        self, operations: Sequence[Operation], spans: Sequence[Lifetime], offsets: Sequence[int]
    ) -> None:
        self._operations = operations
        self._spans = spans
        self._waiting = {
            span.buffer.name: Live(span.buffer.tensor, span.buffer.bytes, "kept for later", offset)
            for span, offset in zip(spans, offsets, strict=True)
        }

    def __len__(self) -> int:
        return len(self._operations)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        return self._step(at, [span for span in self._spans if span.first <= at <= span.last])

    def __iter__(self) -> Iterator[Step]:
        return (
            self._step(index, alive)
            for index, alive in enumerate(live_sets(self._spans, len(self._operations)))
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def _step(self, index: int, alive: Sequence[Lifetime]) -> Step:
        """The step with what is alive; an entry of ``_waiting`` serves every step that leaves its buffer alone."""
        operation = self._operations[index]
        here = dict.fromkeys(operation.reads, "read here")
        here |= dict.fromkeys(operation.writes, "written here")
        here[operation.scratch] = "scratch"
        names = [span.buffer.name for span in alive]
        live = (
            self._waiting[name]._replace(why=here[name]) if name in here else self._waiting[name]
            for name in names
        )
        return Step(operation.name, operation.op, tuple(live))
