"""Batches through an executor: whatever dies, hangs or crashes there becomes a row, and the rest goes on.

A batch whose process died is judged again, as somebody may have killed that process. Where it dies again a candidate
is to blame: the batch is halved until that one stands alone, and its row says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Final

from .judge import Candidate, Job, Row, failed, judge_batch
from .pools import died

TRIES: Final = 2
"""Deaths of a whole batch before it is halved."""

Judge = Callable[[Job, list[Candidate]], list[Row]]


@dataclass
class Batch:
    """Candidates that are judged together and stored together."""

    number: int
    candidates: list[Candidate]
    rows: list[Row] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether every candidate has its row."""
        return len(self.rows) == len(self.candidates)


@dataclass
class _Piece:
    batch: Batch
    candidates: list[Candidate]
    deaths: int = 0


def judged(
    job: Job, batches: Iterator[Batch], executor: Executor, at_once: int, work: Judge = judge_batch
) -> Iterator[Batch]:
    """The batches with their rows, as they are done; at most ``at_once`` are under way."""
    running: dict[Future[Any], _Piece] = {}
    again: deque[_Piece] = deque()
    try:
        while True:
            while len(running) < at_once:
                piece = again.popleft() if again else _next(batches)
                if piece is None:
                    break
                running[executor.submit(work, job, piece.candidates)] = piece
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                piece = running.pop(future)
                error = future.exception()
                if error is None:
                    piece.batch.rows += future.result()
                elif not died(error):
                    raise error
                else:
                    again.extend(_after_death(piece, job))
                if piece.batch.done:
                    piece.batch.rows.sort(key=lambda row: row["candidate"])
                    yield piece.batch
    finally:
        for future in running:
            future.cancel()


def _next(batches: Iterator[Batch]) -> _Piece | None:
    batch = next(batches, None)
    return None if batch is None else _Piece(batch, batch.candidates)


def _after_death(piece: _Piece, job: Job) -> list[_Piece]:
    """What is to be judged again."""
    deaths = piece.deaths + 1
    if deaths < TRIES:
        return [_Piece(piece.batch, piece.candidates, deaths)]
    if len(piece.candidates) > 1:
        half = len(piece.candidates) // 2
        return [
            _Piece(piece.batch, part, deaths) for part in (piece.candidates[:half], piece.candidates[half:])
        ]
    why = f"the process that judged it ended: it crashed, or hung for longer than {job.seconds:g} s"
    piece.batch.rows.append(failed(piece.candidates[0], why))
    return []
