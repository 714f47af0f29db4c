"""Many models, one answer: which files, by what policy, judged where, and the worst exit code.

patterns ─► find_models ─► judge each (in processes) ─► baseline ─► outcomes ─► renderers

Until the processes have begun every import is waited for. So what only judging
needs is imported in ``judge.ready``, in the child, and what only the answer needs in
``_meanwhile``, in the parent, at the same time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import ConfigError
from ..render.outputs import OutputPlan, output_plan
from ..runtime import worker
from ..runtime.files import check_output, is_there
from .config import Config, Policy, find_config, read_config
from .find_models import find_models
from .job import Job, judge, ready, seconds_for

if TYPE_CHECKING:
    from ..report.outcome import Outcome


class Counts(Protocol):
    """A clock that is told what is done."""

    def advance(self) -> None:
        """One more is."""


def check_all(
    models: Sequence[str],
    *,
    formats: Sequence[str] = (),
    outputs: Sequence[str] = (),
    config_file: str | None = None,
    baseline_file: str | None = None,
    no_baseline: bool = False,
    write_baseline: bool = False,
    jobs: int | None = None,
    memory: bool = False,
    layers: bool = False,
    sort: str | None = None,
    confirm: bool = False,
    calibration: str | None = None,
    bits: int = 8,
    verbose: bool = False,
    plot: str | None = None,
    clock: Callable[[Sequence[str]], AbstractContextManager[Counts]] | None = None,
    **policy: Any,
) -> int:
    """What ``sensorfit check`` does: judge ``models``, write every output, return the exit code.

    ``policy`` takes the fields of ``config.Policy``; they come before the
    configuration's. ``clock`` is shown while the models of these names are judged, and counts them. ConfigError for
    options or files that cannot be used.
    """
    layers = layers or sort is not None
    plan = output_plan(formats, outputs)
    config = read_config(config_file) if config_file else find_config()
    names = find_models(models) if models else find_models(config.models, config.directory)
    if not names:
        raise ConfigError(
            "which model? name a file, a directory or a built-in model, or list models in the configuration"
        )
    if plot is not None:
        _check_plot(plot, names)
    asked = Policy(**policy)
    _check_rules(asked, config)
    path = baseline_path(config, baseline_file)
    compared = not (no_baseline or write_baseline) and bool(
        baseline_file or config.baseline or is_there(path)
    )
    read = [*names, *filter(None, (config.source, calibration)), *([path] if compared else ())]
    for file in (*(file for _, file in plan.written), *([path] if write_baseline else ())):
        check_output(file, read)
    if plot is not None:
        check_output(Path(plot), read, text=False)
    drawn = plot is not None or "html" in (*plan.shown, *(form for form, _ in plan.written))
    todo = [
        Job(
            name,
            asked.over(config.policy_for(name)),
            confirm,
            alone=len(names) == 1,
            calibration=calibration,
            plan=memory or drawn or layers,
            layers=drawn or layers,
            sizes=memory,
            weight_bits=bits,
        )
        for name in names
    ]
    workers = jobs if jobs is not None else config.jobs if config.jobs is not None else 1
    with clock(names) if clock else nullcontext() as count:
        results = run(todo, workers, lambda _: count.advance() if count else None, lambda: _meanwhile(plan))
    from ..render.said import say
    from ..render.show import show
    from . import baseline

    if write_baseline:
        baseline.write(path, [(o.path, o.report) for o in results if o.report is not None])
        say(f"wrote {path}")
        results = [replace(o, exit_code=0) if o.report is not None else o for o in results]
    elif compared:
        results = against(results, path)
    code = exit_code(results)  # whoever reads the output may leave; the answer stays
    if plot is not None and (report := results[0].report) is not None:
        from ..render.figure import draw

        draw(report, plot)
    show(plan, results, verbose=verbose, memory=memory, layers=layers, sort=sort or "")
    told = len(results) > 1 and "console" in plan.shown  # the summary says why
    for outcome in results:
        if outcome.report is None and not told:
            say(outcome.error)
    drawings = [Path(plot)] if plot is not None and results[0].report is not None else []
    for file in (*(file for _, file in plan.written), *drawings):
        say(f"wrote {file}")
    return code


def _check_plot(file: str, names: Sequence[str]) -> None:
    """ConfigError, before anything is judged, for a drawing that cannot be made."""
    from ..render.drawing import check_drawing

    check_drawing(file)
    if len(names) != 1:
        raise ConfigError(f"--plot draws one model and {len(names)} are checked; name the one to draw")


def _check_rules(asked: Policy, config: Config) -> None:
    """ConfigError for a rule to select or ignore that there is not."""
    policies = (asked, config.policy, *(own for _, own in config.overrides))
    wanted = [rule for policy in policies for rule in (*policy.select, *policy.ignore)]
    if not wanted:
        return
    from ..verify.catalogue import hint, matching_rules

    for rule in wanted:
        if not matching_rules(rule):
            raise ConfigError(f"there is no rule '{rule}' to select or ignore: {hint(rule)}")


def run(
    jobs: Sequence[Job],
    workers: int = 1,
    done: Callable[[Outcome], None] = lambda _: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """The outcomes in the order of ``jobs``; ``workers`` processes (0 means one per core).

    ``done`` is called with each as it becomes known, in order; ``meanwhile`` once, when all have begun.
    """
    workers = workers or os.cpu_count() or 1
    if not worker.AVAILABLE:
        outcomes: Iterator[Outcome] = _here(jobs, workers)
    else:
        seconds = max(map(seconds_for, jobs), default=0.0)
        outcomes = worker.run_in_workers(jobs, judge, workers, seconds, _lost, ready, meanwhile)
    found: list[Outcome] = []
    for outcome in outcomes:
        done(outcome)
        found.append(outcome)
    return found


def _meanwhile(plan: OutputPlan) -> None:
    """In the parent: import what takes and shows the answer."""
    from ..render.show import prepare
    from . import baseline  # noqa: F401

    prepare(plan)


def _here(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    """Where no child can be forked: judged in this process, or by a pool of fresh ones without a bound of their own."""
    if workers == 1:
        yield from map(judge, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(judge, jobs)


def _lost(job: Job, why: str) -> Outcome:
    from ..report.outcome import Outcome

    return Outcome(job.model, None, error=f"{job.model}: cannot be checked: {why}", exit_code=2)


def against(outcomes: Iterable[Outcome], path: Path) -> list[Outcome]:
    """``outcomes`` judged by what is new or worse than the baseline in ``path``."""
    from ..report.change import compare
    from . import baseline

    recorded = baseline.read(path)
    found = []
    for outcome in outcomes:
        if outcome.report is not None:
            then = recorded.get(baseline.model_key(outcome.path, path))
            outcome = replace(outcome, change=compare(then, outcome.report))
            outcome = replace(outcome, exit_code=baseline.judge(outcome))
        found.append(outcome)
    return found


def baseline_path(config: Config, given: str | None) -> Path:
    """The baseline asked for, the configuration's, or the default name beside the configuration."""
    from .baseline import FILE

    return Path(given) if given else config.baseline or config.directory / FILE


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The worst: 3 before 2 before 1 before 0."""
    return max((o.exit_code for o in outcomes), default=0)
