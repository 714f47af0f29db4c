"""One model judged: what a child process does. Light until ``ready`` is called, so that the process is there early."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..runtime.deadline import MAX_SECONDS, deadline
from ..runtime.lazy_imports import defer_unread_modules

if TYPE_CHECKING:
    from ..memory.model import MemoryReport
    from ..report.outcome import Outcome
    from .config import Policy

CRASHED: Final = 3
CONFIRM_SECONDS: Final = 900.0
"""For a model that the real converter is asked about as well."""


class Job(NamedTuple):
    """One model with everything needed to judge it; goes to another process whole."""

    model: str
    policy: Policy
    confirm: bool = False
    alone: bool = False
    """The only model: an unexpected failure is the command's own."""
    calibration: Any = None
    plan: bool = False
    """Whether the memory plan is wanted step by step; without, only the peak comes back."""
    layers: bool = False
    """Whether what each layer takes is wanted; with ``plan``."""
    sizes: bool = False
    """Whether the largest inputs that fit are looked for as well."""
    weight_bits: int = 8
    """At which kernels and matrices are counted."""


def ready() -> None:
    """Import what judges: the command line is read meanwhile, which takes longer."""
    defer_unread_modules()
    from .. import api, description  # noqa: F401
    from ..verify.catalogue import rules

    rules("graph")


def judge(job: Job) -> Outcome:
    """The outcome of one model; every expected error becomes one, with its exit code."""
    from dataclasses import replace

    from ..api import check
    from ..errors import SensorfitError
    from ..runtime.isolated import lack
    from ..runtime.worker import at_once, beside
    from ..target import DEFAULT
    from .config import DEFAULTS

    policy = job.policy.over(DEFAULTS)
    try:
        with deadline(job.model, seconds_for(job)):
            report = check(
                job.model,
                profile=policy.profile or "converter",
                target=policy.target or DEFAULT,
                converter=policy.converter or "",
                input_persistency=policy.input_persistency is not False,
                input_shapes=policy.input_shapes,
                confirm=job.confirm,
                calibration=job.calibration,
                largest_inputs=job.sizes,
                layers=job.layers,
                weight_bits=job.weight_bits,
                aside=(lambda work: beside(lambda: _memory(work(), job.plan))) if job.alone else at_once,
            )
    except SensorfitError as error:
        return _without_report(job, str(error), error.exit_code)
    except (RecursionError, MemoryError) as error:
        return _without_report(job, f"{job.model}: needs too much {lack(error)} to check", 2)
    except Exception as error:
        if job.alone or os.environ.get("SENSORFIT_DEBUG"):
            raise
        text = f"{job.model}: internal error ({type(error).__name__}: {error}); run it again with SENSORFIT_DEBUG=1"
        return _without_report(job, text, CRASHED)
    from ..report.outcome import Outcome
    from ..rules import budgets

    added = tuple(budgets.findings(report, policy.budgets))
    found = (*added, *report.findings)
    report = replace(
        report,
        findings=tuple(f for f in found if policy.shows(f.rule)),
        hidden=tuple(f for f in found if not policy.shows(f.rule)),
        memory=_memory(report.memory, job.plan),
    )
    fail_on = policy.fail_on or "error"
    return Outcome(
        job.model, report, exit_code=report.exit_code(fail_on), fail_on=fail_on, reason=policy.reason
    )


def _without_report(job: Job, error: str, exit_code: int) -> Outcome:
    from ..report.outcome import Outcome

    return Outcome(job.model, None, error=error, exit_code=exit_code)


def seconds_for(job: Job) -> float:
    """The time that ``job`` may take."""
    return CONFIRM_SECONDS if job.confirm else MAX_SECONDS


def _memory(memory: MemoryReport, plan: bool) -> MemoryReport:
    if plan or not 0 <= memory.peak_step < len(memory.steps):
        return memory
    from dataclasses import replace

    return replace(memory, steps=(memory.steps[memory.peak_step],), peak_step=0)
