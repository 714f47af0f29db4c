"""Fit the cost model's constants, and say how wrong it then is.

Least squares on the logarithm of predicted over measured, so that a small
network counts as much as a large one. Given which branch of each maximum
holds, the model is linear in its constants: Gauss-Newton on that, look which
branches hold, again. Constants cannot be negative; with so few of them, every
subset is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, log
from statistics import median

import numpy as np

from .cycles import FITTED, Constants, terms, total
from .work import Work

START = (1 / 800, 1 / 16, 0.0)
"""Where the iteration begins; the result does not depend on it (tested)."""
ROUNDS = 60
HALVINGS = 12
SETTLED = 1e-12
BASE = (0, 1)
"""Terms every model has: dense rate and memory bandwidth."""
OPTIONAL = (2,)
"""Terms a model has only where they lower the leave-one-out error: cycles per layer."""
GAIN = 0.9
"""A term must bring the root mean square leave-one-out error below this fraction of the error without it."""
ROUNDING = 1e-9
"""A relative error below this is arithmetic, not misfit: nothing is left for a term to explain."""


@dataclass(frozen=True)
class Point:
    """A measured network: its layers and its DSP cycles."""

    name: str
    works: tuple[Work, ...]
    cycles: float
    group: str
    weight: float = 1.0

    def predicted(self, constants: Constants) -> float:
        """Cycles under ``constants``."""
        return total(self.works, constants)


@dataclass(frozen=True)
class Fit:
    """Constants with the leave-one-out predictions (in cycles) they were judged by."""

    constants: Constants
    terms: tuple[str, ...]
    points: tuple[Point, ...]
    left_out: tuple[float, ...]
    """Prediction of each point by a model that did not see its group."""

    @property
    def errors(self) -> tuple[float, ...]:
        """Leave-one-out errors: predicted / measured - 1."""
        return tuple(p / m.cycles - 1 for p, m in zip(self.left_out, self.points, strict=True))

    @property
    def error_median(self) -> float:
        """Median of the absolute errors, one a group."""
        return median(abs(e) for e in self._by_group())

    @property
    def error_worst(self) -> float:
        """Largest absolute error."""
        return max(abs(e) for e in self.errors)

    @property
    def spread(self) -> float:
        """Factor by which a left-out network is missed, either way (see ``spread_of``)."""
        return spread_of(self._by_group())

    def _by_group(self) -> tuple[float, ...]:
        return tuple({p.group: e for p, e in zip(self.points, self.errors, strict=True)}.values())


def spread_of(errors: Sequence[float], share: float = 0.9) -> float:
    """The factor that holds ``share`` of new cases, from leave-one-out errors.

    The split-conformal quantile: the ceil((n + 1) share)-th smallest, the
    largest where there are too few.
    """
    factors = sorted(exp(abs(log(1 + e))) for e in errors)
    rank = min(len(factors), int(np.ceil((len(factors) + 1) * share)))
    return factors[rank - 1]


def fit(points: Sequence[Point], hardware: Constants, optional: Sequence[int] = OPTIONAL) -> Fit:
    """The model of ``points``, with each optional term only where leaving it out costs more than ``GAIN``."""
    best = judge(points, hardware, BASE)
    for index in optional:
        chosen = (*(FITTED.index(t) for t in best.terms), index)
        if len({p.group for p in points}) <= len(chosen) + 1:
            break
        tried = judge(points, hardware, chosen)
        if _rms(tried) < GAIN * _rms(best) and _rms(best) > ROUNDING:
            best = tried
    return best


def judge(points: Sequence[Point], hardware: Constants, chosen: Sequence[int]) -> Fit:
    """The model with exactly the terms ``chosen``, and what it predicts of each group unseen."""
    unseen = {
        group: solve([p for p in points if p.group != group], hardware, chosen)
        for group in {p.group for p in points}
    }
    return Fit(
        constants=solve(points, hardware, chosen),
        terms=tuple(FITTED[i] for i in chosen),
        points=tuple(points),
        left_out=tuple(p.predicted(unseen[p.group]) for p in points),
    )


def one_rate(points: Sequence[Point], count: Callable[[Work], int]) -> dict[str, float]:
    """Leave-one-out error of each group when cycles are ``count`` summed over the layers, at one rate."""
    speeds = {p.group: log(p.cycles / max(1, sum(map(count, p.works)))) for p in points}
    return {
        g: exp(sum(v for k, v in speeds.items() if k != g) / (len(speeds) - 1) - own) - 1
        for g, own in speeds.items()
    }


def solve(points: Sequence[Point], hardware: Constants, chosen: Sequence[int] = BASE) -> Constants:
    """The constants that fit ``points`` best; those not ``chosen`` are 0."""
    constants = hardware.refitted(START)
    loss = _loss(points, constants)
    for _ in range(ROUNDS):
        values = _step(points, constants, chosen)
        # A step may land where other branches hold and the fit is worse: then go half the way.
        for _ in range(HALVINGS):
            tried = constants.refitted(values)
            tried_loss = _loss(points, tried)
            if tried_loss < loss:
                break
            values = [(a + b) / 2 for a, b in zip(values, constants.fitted, strict=True)]
        else:
            break
        settled = loss - tried_loss < SETTLED
        constants, loss = tried, tried_loss
        if settled:
            break
    return constants


def _step(points: Sequence[Point], constants: Constants, chosen: Sequence[int]) -> list[float]:
    """The best constants for the branches that hold under ``constants``."""
    rows, targets = [], []
    for point in points:
        forms = [terms(w, constants) for w in point.works]
        sums, fixed = np.sum([f.fitted for f in forms], axis=0), sum(f.fixed for f in forms)
        now = sums @ np.array(constants.fitted) + fixed
        # Gauss-Newton: log(predicted) changes by row . (new - old).
        scale = point.weight**0.5 / now
        rows.append(sums[list(chosen)] * scale)
        targets.append((now - fixed) * scale - point.weight**0.5 * log(now / point.cycles))
    values = [0.0] * len(FITTED)
    for i, v in zip(chosen, _nonnegative(np.array(rows), np.array(targets)), strict=True):
        values[i] = float(v)
    return values


def _nonnegative(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Least squares without negative coefficients."""
    count = rows.shape[1]
    best, best_error = np.zeros(count), float("inf")
    for size in range(1, count + 1):
        for subset in map(list, combinations(range(count), size)):
            found = np.linalg.lstsq(rows[:, subset], targets, rcond=None)[0]
            error = float(np.sum((rows[:, subset] @ found - targets) ** 2))
            if (found >= 0).all() and error < best_error:
                best, best_error = np.zeros(count), error
                best[subset] = found
    return best


def _loss(points: Sequence[Point], constants: Constants) -> float:
    return sum(p.weight * log(max(p.predicted(constants), 1e-9) / p.cycles) ** 2 for p in points)


def _rms(fitted: Fit) -> float:
    return float(np.sqrt(np.mean([log(1 + e) ** 2 for e in fitted.errors])))
