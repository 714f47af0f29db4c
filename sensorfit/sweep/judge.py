"""A batch of candidates judged: what a worker does. Rows come back; nothing of a candidate ends the batch but its death."""

from __future__ import annotations

import faulthandler
import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..errors import SensorfitError
from .builder import draw, made_by
from .expression import Expression
from .families.known import FAMILIES
from .space import FIGURES

if TYPE_CHECKING:
    from ..analysis import Judgement
    from ..target import Target

COLLECT_EVERY: Final = 100_000
"""New objects before cycles are looked for; a graph makes few, and Python's 700 costs a sixth of the time."""
GRACE_S: Final = 5.0
"""A candidate over its time stops itself; one that cannot (it hangs outside of Python) ends its process this
much later, or after twice its time."""
NAMED: Final = 3
"""Rules that a reason names."""
FAILED: Final = "failed"
"""The verdict of a candidate that could not be judged."""
PROFILE: Final = "converter"

Row = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What all candidates of a sweep have in common; goes to every worker."""

    family: str
    folder: str
    """Where the modules of the user's builder lie."""
    fixed: Mapping[str, Any]
    constraints: tuple[Expression, ...]
    target: str
    converter: str
    input_persistency: bool
    seconds: float
    """That a candidate may take."""
    input: tuple[int, int, int] | None = None


class Candidate(NamedTuple):
    """A number and what was chosen."""

    number: int
    chosen: Mapping[str, Any]


def judge_batch(job: Job, batch: Sequence[Candidate]) -> list[Row]:
    """A row for each candidate of ``batch``."""
    _prepare()
    return [_row(job, one) for one in batch]


def failed(candidate: Candidate, reason: str) -> Row:
    """The row of a candidate that was not judged."""
    return {"candidate": candidate.number, **candidate.chosen, "verdict": FAILED, "reason": reason[:500], "feasible": False,
            "violated": ""}  # fmt: skip


def _row(job: Job, candidate: Candidate) -> Row:
    from ..runtime.deadline import deadline

    try:
        with _watched(job.seconds), deadline("the candidate", job.seconds):
            figures, verdict, reason = _judged(job, {**job.fixed, **candidate.chosen})
    except SensorfitError as error:
        return failed(candidate, str(error))
    except MemoryError:
        return failed(candidate, "needs too much memory to judge")
    except Exception as error:
        said = next(iter(str(error).splitlines()), "")
        return failed(
            candidate, f"{type(error).__name__}: {said}" if not isinstance(error, ValueError) else said
        )
    known = {**job.fixed, **candidate.chosen, **figures}
    violated = [e.text for e in job.constraints if not e.holds(known)]
    return {
        "candidate": candidate.number, **candidate.chosen, "verdict": verdict, "reason": reason,
        "feasible": verdict == "fits" and not violated, "violated": "; ".join(violated), **figures,
    }  # fmt: skip


def _judged(job: Job, chosen: Mapping[str, Any]) -> tuple[dict[str, Any], str, str]:
    from ..analysis import analyse, judge, verdict_of

    target = _target(job.target, job.converter)
    judged: Judgement | Any
    if job.family in FAMILIES:
        sketch = draw(job.family, chosen)
        judged = judge(sketch.graph(), target, input_persistency=job.input_persistency)
        parameters = sketch.parameters
    else:
        model = made_by(job.family, job.folder, chosen, job.input)
        judged = analyse(model, target, input_persistency=job.input_persistency)
        parameters = judged.model.parameters
    findings = judged.findings[PROFILE]
    memory, latency = judged.memory, judged.latency
    values = (
        parameters, latency.macs, memory.weights_bytes, memory.runtime_bytes, memory.packaged_bytes,
        round(latency.dsp_ms, 4), round(latency.dsp_ms_low, 4), round(latency.dsp_ms_high, 4),
    )  # fmt: skip
    refused: dict[str, None] = {}
    for one in findings:
        if one.support != "supported":
            refused.setdefault(f"{one.rule} {one.op}".strip())
    more = f" and {len(refused) - NAMED} more" if len(refused) > NAMED else ""
    return (
        dict(zip(FIGURES, values, strict=True)),
        verdict_of(findings, memory),
        ", ".join([*refused][:NAMED]) + more,
    )


@cache
def _target(name: str, converter: str) -> Target:
    from ..target import load_target

    return load_target(name, converter)


@contextmanager
def _watched(seconds: float) -> Iterator[None]:
    """End this process where the block neither ends nor can be interrupted."""
    faulthandler.dump_traceback_later(seconds + min(seconds, GRACE_S), exit=True, file=_nowhere())
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@cache
def _nowhere() -> Any:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


@cache
def _prepare() -> None:
    """Once a process: what was imported stays, and cycles are few."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
