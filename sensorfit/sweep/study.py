"""Optuna's samplers, a generation at a time.

A generation is asked for as a whole and told as a whole, in order: what is proposed then depends on the seed and the
answers alone, never on which worker was the faster, and a sweep that was killed is replayed from its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from ..errors import MissingDependency
from .judge import FAILED, Row
from .sampling import Chosen
from .space import Interval, Parameter, Space

SAMPLERS: Final = ("tpe", "nsga2", "nsga3", "qmc")
TRIES: Final = 1000
"""Proposals in place of one that breaks a constraint over parameters."""
NOT_FITTING: Final = 1.0
"""What a verdict other than fits counts as, beside the constraints' own excess."""


class Study:
    """A multi-objective Optuna study over a space, with its constraints."""

    def __init__(self, space: Space, sampler: str, seed: int) -> None:
        try:
            import optuna
        except ImportError:
            raise MissingDependency(
                f'--sampler {sampler} needs optuna, which is not installed: pip install "sensorfit[sweep]"'
            ) from None
        import warnings

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._space = optuna, space
        constrained: dict[str, Any] = {"seed": seed, "constraints_func": _constraints}
        makers: Mapping[str, Callable[[], Any]] = {
            "tpe": lambda: optuna.samplers.TPESampler(**constrained),
            "nsga2": lambda: optuna.samplers.NSGAIISampler(**constrained),
            "nsga3": lambda: optuna.samplers.NSGAIIISampler(**constrained),
            "qmc": lambda: optuna.samplers.QMCSampler(seed=seed, warn_independent_sampling=False),
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that constraints are an experimental feature
            made = makers[sampler]()
        self._study = optuna.create_study(
            sampler=made, directions=["maximize" if o.maximise else "minimize" for o in space.objectives]
        )
        self._asked: list[Any] = []

    def ask(self, count: int) -> list[Chosen]:
        """The next ``count`` candidates; all are to be told before more are asked for."""
        found: list[Chosen] = []
        for _ in range(count):
            for _ in range(TRIES):
                trial = self._study.ask()
                chosen: Chosen = {}
                for parameter in self._space.active(known := dict(self._space.fixed)):
                    chosen[parameter.name] = known[parameter.name] = _suggested(trial, parameter)
                if self._space.shaped(known):
                    break
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            else:
                return found
            self._asked.append(trial)
            found.append(chosen)
        return found

    def tell(self, rows: Sequence[Row]) -> None:
        """The rows of all that was asked for, in order."""
        for trial, row in zip(self._asked, rows, strict=True):
            if row["verdict"] == FAILED:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
                continue
            known = {**self._space.fixed, **{k: v for k, v in row.items() if v is not None}}
            over = [e.excess(known) for e in self._space.constraints]
            trial.set_user_attr("over", [*over, 0.0 if row["verdict"] == "fits" else NOT_FITTING])
            self._study.tell(trial, [float(row[o.figure]) for o in self._space.objectives])
        self._asked.clear()


def _constraints(trial: Any) -> Sequence[float]:
    return [float(v) for v in trial.user_attrs["over"]]


def _suggested(trial: Any, parameter: Parameter) -> Any:
    values = parameter.values
    if isinstance(values, Interval):
        return trial.suggest_float(parameter.name, values.low, values.high, log=values.log)
    step = _even(values)
    if step:
        return trial.suggest_int(parameter.name, values[0], values[-1], step=step)
    return values[trial.suggest_categorical(parameter.name, range(len(values)))]


def _even(values: Sequence[Any]) -> int:
    """The step of evenly growing whole numbers, 0 for other values."""
    if len(values) < 2 or any(type(v) is not int for v in values):
        return 0
    steps = {b - a for a, b in pairwise(values)}
    return step if len(steps) == 1 and (step := steps.pop()) > 0 else 0
