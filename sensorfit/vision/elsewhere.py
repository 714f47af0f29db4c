"""Models run in other processes, all at once: code against ``concurrent.futures.Executor``, whatever is behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import numpy as np

from ..errors import SensorfitError, ToolchainError
from .predict import Predictor, predictor

TRIES = 2
"""Of a model whose process dies: the second time it is the model's fault."""
Timed = tuple[np.ndarray, float]


def logits_of(
    model: str, mean: Sequence[float], std: Sequence[float], threads: int, crops: np.ndarray
) -> Timed:
    """What ``predictor(model, ...)`` says of ``crops``, and its seconds; what a worker runs."""
    return predictor(model, mean, std, threads).timed(crops)


@dataclass(frozen=True)
class Elsewhere(Predictor):
    """A predictor that waits for the answer of the process that was given ``begin``'s crops."""

    model: str = ""
    submit: Callable[[np.ndarray], Future[Timed]] | None = None
    done: Callable[[int], None] = lambda count: None
    _given: list[Future[Timed]] = field(default_factory=list)

    def begin(self, crops: np.ndarray) -> None:
        """Hand the work over, and do not wait."""
        assert self.submit is not None
        self._given.append(self.submit(crops))

    def timed(self, crops: np.ndarray) -> Timed:
        """The logits of ``crops``, which it was given before, and the seconds they took there."""
        for left in reversed(range(TRIES)):
            try:
                found = self._given.pop().result()
            except SensorfitError:
                raise
            except Exception as error:  # a process that died, under as many names as there are executors
                if not left:
                    raise ToolchainError(
                        f"{self.model}: the process that ran it ended ({error or type(error).__name__})"
                    ) from error
                self.begin(crops)
            else:
                self.done(len(crops))
                return found
        raise AssertionError("the last try returns or raises")


def elsewhere(
    executor: Executor,
    model: str,
    mean: Sequence[float] = (),
    std: Sequence[float] = (),
    threads: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> Elsewhere:
    """As ``predictor``, run by ``executor``; InputError here and now for what it cannot be."""
    size = predictor(model, mean, std, 1).size

    def submit(crops: np.ndarray) -> Future[Timed]:
        return executor.submit(logits_of, model, tuple(mean), tuple(std), threads, crops)

    return Elsewhere(lambda crops: submit(crops).result()[0], size, model, submit, done)
