"""``--accuracy train|package.module:function``: candidates of the front trained, or measured, by sensorfit or a function of
the user's.

    candidate ─► Trial ─► function(trial) ─► a number, more is better ─► accuracy.csv, and the front with it

The function may report on the way; a trial that falls behind is pruned (Optuna's Hyperband), but for those asked for by
number. Each answer is kept as soon as it is there: what was measured in the same way before is not measured again.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from math import isfinite
from pathlib import Path
from statistics import mean
from time import monotonic
from typing import Any, Final

from ..errors import ConfigError, MissingDependency
from ..runtime.files import write_text
from .builder import function_at
from .confirm import spread
from .front import FRONT, Front, write_csv
from .pick import FOLDER, chosen_of, pick, row_of
from .result import Sweep
from .space import Objective
from .trial import Pruned, Trial

ACCURACY: Final = "accuracy.csv"
COLUMN: Final = "accuracy"
ANSWER: Final = "answer.json"
PRUNED: Final = "pruned after"


@dataclass(frozen=True)
class Measured:
    """A candidate's accuracy; None where it was pruned or its function failed, and why."""

    candidate: int
    accuracy: float | None
    answer: str
    """"measured", "pruned after N", or what went wrong."""
    seconds: float = 0.0


Function = Callable[[Trial], Any]


def measure(
    found: Sweep,
    place: str | Function,
    count: int,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
    also: Sequence[int] = (),
) -> tuple[Measured, ...]:
    """The accuracy of ``count`` candidates, evenly spaced along the front, and of those ``also`` asked for, into DIR/accuracy.csv.

    ``place`` is a function of a trial, or ``package.module:function``, looked for beside the space, too. What a function
    raises is its candidate's answer. Those ``also`` asked for come first and are never pruned: the others are held against
    them. What DIR/trained/NUMBER/answer.json holds of an earlier run of the same function, seed and settings is kept.
    """
    try:
        import optuna
    except ImportError:
        raise MissingDependency(
            '--accuracy needs optuna, which is not installed: pip install "sensorfit[sweep]"'
        ) from None
    function = _function(found, place) if isinstance(place, str) else place
    asked = {"function": _identity(place, function), "seed": seed}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="sweep",
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=seed),
        pruner=optuna.pruners.HyperbandPruner(),
    )
    made: list[Measured] = []
    rows = measured_rows(found, count, also)
    for index, row in enumerate(rows):
        number = row["candidate"]
        kept = _kept(found, number, asked)
        doing = "measured before" if kept else place if isinstance(place, str) else "training"
        left = ""
        if made and not kept:
            seconds = mean(one.seconds for one in made) * (len(rows) - index)
            left = f"; about {seconds / 60:,.0f} min left for all"
        say(f"candidate {number}, {index + 1} of {len(rows)}: {doing}{left}")
        trial = study.ask()
        one, reports = kept or _measured(found, function, row, trial, number not in also, seed, say)
        _told(study, trial, one, reports if kept else {})
        if not kept:
            _keep(found, asked, one, reports)
        made.append(one)
        write_csv(found.directory / ACCURACY, [*Measured.__dataclass_fields__], map(asdict, made))
    return tuple(made)


def _identity(place: str | Function, function: Function) -> Any:
    """What tells this function from another: its settings where it has some, else its name and the text of its module."""
    if not isinstance(place, str):
        return getattr(place, "asked", repr(place))
    try:
        text = Path(inspect.getsourcefile(function) or "").read_bytes()
    except (OSError, TypeError):
        text = b""
    return [place, sha256(text).hexdigest()]


def _told(study: Any, trial: Any, one: Measured, reports: Mapping[int, float]) -> None:
    """Tell the study what came of a trial; ``reports`` are those of an earlier run that it has not heard."""
    from optuna.trial import TrialState

    for step, accuracy in reports.items():
        trial.report(accuracy, step)
    if one.accuracy is not None:
        study.tell(trial, one.accuracy)
    else:
        pruned = one.answer.startswith(PRUNED)
        study.tell(trial, state=TrialState.PRUNED if pruned else TrialState.FAIL)


def _kept(found: Sweep, number: int, asked: Mapping[str, Any]) -> tuple[Measured, dict[int, float]] | None:
    """The answer of an earlier run that was asked the same, with what was reported on the way."""
    try:
        text = (found.directory / FOLDER / str(number) / ANSWER).read_text(encoding="utf-8")
        kept = json.loads(text)
        if kept["asked"] != asked:
            return None
        return Measured(**kept["answer"]), {int(step): value for step, value in kept["reports"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(found: Sweep, asked: Mapping[str, Any], one: Measured, reports: Mapping[int, float]) -> None:
    """An answer that holds; a pruned one depends on those before it, and a failure may have been the machine's."""
    if one.accuracy is None:
        return
    kept = {"asked": asked, "answer": asdict(one), "reports": reports}
    write_text(found.directory / FOLDER / str(one.candidate) / ANSWER, json.dumps(kept, indent=1) + "\n")


def _function(found: Sweep, place: str) -> Function:
    if place.count(":") != 1:
        raise ConfigError(f"--accuracy {place}: write train, or package.module:function")
    return function_at(place, str(Path(found.space.source).absolute().parent))


def measured_rows(found: Sweep, count: int, also: Sequence[int] = ()) -> list[Mapping[str, Any]]:
    """The rows that are measured, each once, those asked for first; ConfigError for a number that there is not."""
    asked = [row_of(found.directory, n) for n in dict.fromkeys(also)]
    return [*asked, *(row for row in spread(found.front, count) if row["candidate"] not in also)]


def _measured(
    found: Sweep,
    function: Callable[[Trial], Any],
    row: Mapping[str, Any],
    asked: Any,
    prunable: bool,
    seed: int,
    say: Callable[[str], None],
) -> tuple[Measured, dict[int, float]]:
    """The answer, and what was reported on the way."""
    folder = found.directory / FOLDER / str(row["candidate"])
    folder.mkdir(parents=True, exist_ok=True)
    pick(found.directory, row["candidate"], folder / "model.onnx", seed, fresh=True)
    trial = Trial(row, chosen_of(found.space, row), folder, asked, say, prunable)
    began = monotonic()
    accuracy = None
    try:
        accuracy = float(function(trial))
        answer = "measured"
    except Pruned:
        answer = f"{PRUNED} {trial.reported}"
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"[:500]
    if accuracy is not None and not isfinite(accuracy):
        accuracy, answer = None, "the function returned no number"
    return Measured(trial.number, accuracy, answer, round(monotonic() - began, 1)), trial.reports


def with_accuracies(found: Sweep, measured: Sequence[Measured]) -> Sweep:
    """The sweep as it stands then: a column more, and the Pareto front of the measured over accuracy and the space's costs.

    What the space wants large (parameters, MACs) says which networks are worth measuring; beside their accuracy it says
    nothing. front.csv and accuracy.csv are written.
    """
    of = {m.candidate: m for m in measured}
    rows = {row["candidate"]: row for row in (*found.shown, *found.front)}
    rows |= {number: row_of(found.directory, number) for number in of if number not in rows}
    shown = [
        {**rows[number], COLUMN: of[number].accuracy if number in of else None} for number in sorted(rows)
    ]
    costs = [objective for objective in found.space.objectives if not objective.maximise]
    space = replace(found.space, objectives=(*costs, Objective(COLUMN, maximise=True)))
    front = Front(space.objectives)
    front.add(row for row in shown if row[COLUMN] is not None)
    columns = {**found.columns, COLUMN: float}
    write_csv(found.directory / FRONT, [*columns], front.rows)
    on = {row["candidate"] for row in front.rows}
    table = {row["candidate"]: row for row in shown}
    own = [name for name in Measured.__dataclass_fields__ if name != COLUMN]
    write_csv(
        found.directory / ACCURACY,
        [
            *Measured.__dataclass_fields__,
            "on_front",
            *(name for name in columns if name not in (*own, COLUMN)),
        ],
        ({**table[n], **asdict(of[n]), "on_front": n in on} for n in of),
    )
    return replace(found, space=space, front=tuple(front.rows), shown=tuple(shown), columns=columns)
