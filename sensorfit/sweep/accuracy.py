"""``--accuracy train|package.module:function``: candidates of the front trained, or measured, by sensorfit or a function of
the user's.

    candidate ─► Trial ─► function(trial) ─► a number, more is better ─► accuracy.csv, and the front with it

The function may report on the way; a trial that falls behind is pruned (Optuna's Hyperband).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import onnx

from ..errors import ConfigError, MissingDependency
from .builder import function_at
from .confirm import spread
from .front import Front, write_csv
from .pick import FOLDER, chosen_of, pick, row_of
from .result import Sweep
from .space import Objective

ACCURACY: Final = "accuracy.csv"


@dataclass(frozen=True)
class Measured:
    """A candidate's accuracy; None where it was pruned or its function failed, and why."""

    candidate: int
    accuracy: float | None
    answer: str
    """"measured", "pruned after N", or what went wrong."""


class Trial:
    """What a function gets: the candidate, a folder of its own, and a way to report."""

    def __init__(
        self, row: Mapping[str, Any], parameters: Mapping[str, Any], directory: Path, trial: Any
    ) -> None:
        self.number: int = row["candidate"]
        self.parameters = parameters
        self.figures = row
        self.directory = directory
        """Its own; ``model.onnx`` in it is the network with random weights."""
        self._trial = trial
        self.reported = 0

    @property
    def model(self) -> Path:
        """The network as an ONNX file."""
        return self.directory / "model.onnx"

    def module(self) -> Any:
        """The network as a torch module to train, its weights those of the file; needs torch."""
        from ..graph.load import load
        from ..quantize.lowering import to_module

        module = to_module(load(onnx.load(str(self.model)), self.model.stem))
        return module.requires_grad_(True).train()

    def report(self, accuracy: float, step: int) -> None:
        """The accuracy so far; ends the function where it falls behind the others'."""
        self.reported = step
        self._trial.report(float(accuracy), step)
        if self._trial.should_prune():
            raise Pruned


class Pruned(Exception):
    """Raised in a function that is not worth going on with; it passes through."""


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
    raises is its candidate's answer.
    """
    try:
        import optuna
    except ImportError:
        raise MissingDependency(
            '--accuracy needs optuna, which is not installed: pip install "sensorfit[sweep]"'
        ) from None
    function = _function(found, place) if isinstance(place, str) else place
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="sweep",
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=seed),
        pruner=optuna.pruners.HyperbandPruner(),
    )
    made: list[Measured] = []
    for row in measured_rows(found, count, also):
        say(f"candidate {row['candidate']}: {place if isinstance(place, str) else 'training'}")
        made.append(_measured(found, function, row, study.ask(), study, seed))
        write_csv(found.directory / ACCURACY, [*Measured.__dataclass_fields__], map(asdict, made))
    return tuple(made)


def _function(found: Sweep, place: str) -> Function:
    if place.count(":") != 1:
        raise ConfigError(f"--accuracy {place}: write train, or package.module:function")
    return function_at(place, str(Path(found.space.source).absolute().parent))


def measured_rows(found: Sweep, count: int, also: Sequence[int] = ()) -> list[Mapping[str, Any]]:
    """The rows that are measured, each once; ConfigError for a number that there is not."""
    rows = {row["candidate"]: row for row in spread(found.front, count)}
    return [*rows.values(), *(row_of(found.directory, n) for n in dict.fromkeys(also) if n not in rows)]


def _measured(
    found: Sweep, function: Callable[[Trial], Any], row: Mapping[str, Any], asked: Any, study: Any, seed: int
) -> Measured:
    from optuna.trial import TrialState

    folder = found.directory / FOLDER / str(row["candidate"])
    folder.mkdir(parents=True, exist_ok=True)
    pick(found.directory, row["candidate"], folder / "model.onnx", seed, fresh=True)
    trial = Trial(row, chosen_of(found.space, row), folder, asked)
    try:
        accuracy = float(function(trial))
    except Pruned:
        study.tell(asked, state=TrialState.PRUNED)
        return Measured(trial.number, None, f"pruned after {trial.reported}")
    except Exception as error:
        study.tell(asked, state=TrialState.FAIL)
        return Measured(trial.number, None, f"{type(error).__name__}: {error}"[:500])
    if accuracy != accuracy:
        study.tell(asked, state=TrialState.FAIL)
        return Measured(trial.number, None, "the function returned no number")
    study.tell(asked, accuracy)
    return Measured(trial.number, accuracy, "measured")


def front_with(found: Sweep, measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """The Pareto front of the measured candidates over the space's objectives and accuracy."""
    rows = {row["candidate"]: row for row in found.front}
    rows |= {m.candidate: row_of(found.directory, m.candidate) for m in measured if m.candidate not in rows}
    front = Front([*found.space.objectives, Objective("accuracy", maximise=True)])
    front.add({**rows[m.candidate], "accuracy": m.accuracy} for m in measured if m.accuracy is not None)
    return front.rows
