"""``sweep``: a space to its table and its front.

space ─► sampler ─► batches ─► executor ─► parts ─► candidates.parquet ─► front
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError
from ..suggest import did_you_mean
from ..target import DEFAULT, Target, load_target
from ..version import __version__
from .builder import check_signature
from .engine import Batch, judged
from .families.known import FAMILIES
from .front import FRONT, Front, write_csv
from .judge import Candidate, Job
from .pools import pool_for
from .read import read_space
from .result import Sweep
from .sampling import Chosen, at_random, grid
from .space import Space
from .store import Store, columns, rows_of
from .study import SAMPLERS, Study

STREAMS: Final = ("grid", "random")
EVERY: Final = (*STREAMS, *SAMPLERS)
GRID_UP_TO: Final = 10_000
"""Combinations that are all judged where nobody names a sampler."""
CANDIDATES: Final = 1000
"""Judged by every other sampler where nobody says how many."""
BATCH: Final = 100
"""A second or two of work: what a task costs to hand out is little beside it."""
GENERATION: Final = 64
"""Candidates that one of Optuna's samplers proposes before it learns."""
STUDIED_BATCH: Final = 8
"""Of a generation, so that every worker has some."""
REASONS: Final = 5
SHOWN: Final = 4000
"""Candidates on a page."""

Progress = Callable[[int, int | None, int], None]
"""Called with the candidates that have rows, all of them where that is known, and those judged in this run."""


@dataclass(frozen=True)
class Settings:
    """How a space is swept. What decides the rows is kept with them; workers and scheduler decide none."""

    sampler: str = ""
    candidates: int | None = None
    seed: int = 0
    workers: int = 0
    """Processes; 0 for one a core."""
    scheduler: str | None = None
    batch: int | None = None
    seconds: float = 30.0
    """That a candidate may take."""
    target: str = DEFAULT
    converter: str = ""
    input_persistency: bool = True
    overwrite: bool = False

    def check(self) -> None:
        """ConfigError for a value that no sweep can use."""
        if self.sampler and self.sampler not in EVERY:
            hint = did_you_mean(self.sampler, EVERY, f"choose from {', '.join(EVERY)}")
            raise ConfigError(f"there is no sampler '{self.sampler}': {hint}")
        for name in ("candidates", "batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}: at least 1")
        if self.seconds <= 0:
            raise ConfigError(f"seconds is {self.seconds:g}: above 0")
        if self.workers < 0:
            raise ConfigError(f"workers is {self.workers}: 0 for one a core, or more")


def sweep(
    space: str | Path | Space, directory: str | Path, *, progress: Progress = lambda *_: None, **settings: Any
) -> Sweep:
    """Judge the candidates of ``space`` (a SPACE.toml) into ``directory``; a sweep that was stopped there goes on.

    ``settings`` are the fields of ``Settings``. Raises ConfigError for what cannot be swept, MissingDependency without
    the extra ``sweep``. Processes may be spawned: a script calls it below ``if __name__ == "__main__"``.
    """
    wanted = Settings(**settings)
    wanted.check()
    found = space if isinstance(space, Space) else read_space(Path(space))
    target = load_target(wanted.target, wanted.converter)
    folder = str(Path(found.source).absolute().parent)
    if found.family not in FAMILIES:
        check_signature(found.family, folder, found.names)
    sampler = wanted.sampler or ("grid" if (found.size or GRID_UP_TO + 1) <= GRID_UP_TO else "random")
    job = Job(
        found.family, folder, found.fixed, found.constraints, target.name, target.converter_version,
        wanted.input_persistency, wanted.seconds, found.input,
    )  # fmt: skip
    store = Store(Path(directory), found)
    size = wanted.batch or (BATCH if sampler in STREAMS else STUDIED_BATCH)
    store.begin(
        {
            "source": str(Path(found.source).absolute()),
            "space": sha256(found.text.encode()).hexdigest(), "sampler": sampler, "seed": wanted.seed, "batch": size,
            "version": __version__, "target": target.name, "converter": target.converter_version,
            "input_persistency": wanted.input_persistency, "seconds": wanted.seconds,
        },
        found.text,
        wanted.overwrite,
    )  # fmt: skip
    run = _Run(found, job, store, sampler, wanted, size, progress)
    with pool_for(wanted.scheduler, wanted.workers or _cores()) as (executor, at_once):
        run.go(executor, at_once)
    return _summary(found, target, store, run)


class _Run:
    """The candidates of one sampler through an executor, into a store."""

    def __init__(
        self,
        space: Space,
        job: Job,
        store: Store,
        sampler: str,
        settings: Settings,
        size: int,
        progress: Progress,
    ) -> None:
        self.space, self.job, self.store, self.sampler, self.settings = space, job, store, sampler, settings
        self.size, self.progress = size, progress
        self.done = self.judged = 0
        self.batches = 0
        self.seconds = 0.0
        asked = settings.candidates or (None if sampler == "grid" else CANDIDATES)
        most = space.size if sampler in STREAMS else None
        self.total = min((n for n in (asked, most) if n is not None), default=None)

    def go(self, executor: Executor, at_once: int) -> None:
        """All of them."""
        self.executor, self.at_once = executor, at_once
        began = time.monotonic()
        if self.sampler in STREAMS:
            stream = grid(self.space) if self.sampler == "grid" else at_random(self.space, self.settings.seed)
            for _ in self._rows(self._batches(islice(stream, self.total))):
                pass
        else:
            self._study(Study(self.space, self.sampler, self.settings.seed))
        self.seconds = time.monotonic() - began

    def _study(self, study: Study) -> None:
        assert self.total is not None
        while self.done < self.total:
            proposed = study.ask(min(GENERATION, self.total - self.done))
            if not proposed:
                raise ConfigError(
                    f"{self.space.source}: no combination of the parameters keeps the constraints"
                )
            found = sorted(self._rows(self._batches(iter(proposed))), key=lambda batch: batch.number)
            study.tell([row for batch in found for row in batch.rows])

    def _batches(self, stream: Iterator[Chosen]) -> Iterator[Batch]:
        first = self.done
        while part := [*islice(stream, self.size)]:
            yield Batch(self.batches, [Candidate(first + i, chosen) for i, chosen in enumerate(part)])
            self.batches += 1
            first += len(part)

    def _rows(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches with their rows, the stored ones as they are."""
        there: list[Batch] = []

        def missing() -> Iterator[Batch]:
            for batch in batches:
                if self.store.has(batch.number, len(batch.candidates)):
                    there.append(batch)
                else:
                    yield batch

        for batch in judged(self.job, missing(), self.executor, self.at_once):
            self.store.put(batch.number, batch.rows)
            self.judged += len(batch.rows)
            yield from self._stored(there)
            yield self._counted(batch)
        yield from self._stored(there)

    def _stored(self, there: list[Batch]) -> Iterator[Batch]:
        while there:
            batch = there.pop()
            if self.sampler not in STREAMS:
                batch.rows = self.store.read(batch.number)
            yield self._counted(batch)

    def _counted(self, batch: Batch) -> Batch:
        self.done += len(batch.candidates)
        self.progress(self.done, self.total, self.judged)
        return batch


def _summary(space: Space, target: Target, store: Store, run: _Run) -> Sweep:
    table = store.finish(run.batches)
    front = Front(space.objectives)
    verdicts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    feasible = 0
    shown: dict[int, Mapping[str, Any]] = {}
    every = -(-run.done // SHOWN)
    for rows in rows_of(table):
        front.add(rows)
        for row in rows:
            verdicts[row["verdict"]] += 1
            feasible += row["feasible"]
            if not row["feasible"]:
                reasons[row["reason"] or row["violated"]] += 1
            if row["candidate"] % every == 0:
                shown[row["candidate"]] = row
    shown |= {row["candidate"]: row for row in front.rows}
    write_csv(store.directory / FRONT, store.names, front.rows)
    return Sweep(
        space=space,
        directory=store.directory,
        table=table,
        candidates=run.done,
        verdicts=dict(sorted(verdicts.items())),
        feasible=feasible,
        front=tuple(front.rows),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:REASONS]),
        columns=columns(space),
        shown=tuple(shown[number] for number in sorted(shown)),
        budget_bytes=target.budget_bytes,
        judged=run.judged,
        seconds=run.seconds,
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


__all__ = ["Settings", "sweep"]
