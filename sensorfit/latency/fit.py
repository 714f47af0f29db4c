"""Fit the cost model's parameters, and say how wrong it then is.

A measured network's logarithm of cycles is the model's plus two errors: the
model's own form, ``sigma`` for every network, and the measurement's. With the
parameters' prior that is a posterior: its mode by Gauss-Newton (damped as
Levenberg and Marquardt do), its covariance at the mode. A residual beyond
``HUBER`` deviations pulls no harder than one at it, so that one bad row does
not decide. ``sigma`` is averaged over what the measurements make probable: few
of them leave it open, and the interval is as wide as that.

A published frame rate says that a period lies between two ends. It enters as
what the model then expects of it (an EM step): its mean between the ends, and
less information the wider they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt
from statistics import median
from typing import NamedTuple

import numpy as np

from .cycles import DENSE_RATE, LANES, LAYER, MEMORY_PATH, UNITS, Constants, total
from .parameters import NINE_IN_TEN, Prior
from .table import Table
from .work import Work

ROUNDS = 100
SETTLED = 1e-9
DAMPING = (1e-3, 1e9)
"""Where the damping begins, and where no better step is to be had."""
HUBER = 1.345
"""Deviations: least squares' efficiency is 95 % where all is normal."""
SIGMAS = tuple(0.005 * 1.4**i for i in range(13))
"""Errors of the model's form that are tried, 0.5 to 28 %."""
HOPELESS = 12.0
"""No larger sigma is tried once the evidence has fallen by so much, of its logarithm."""


@dataclass(frozen=True)
class Point:
    """A measured network: its layers and its DSP cycles."""

    name: str
    works: tuple[Work, ...]
    cycles: float
    group: str
    noise: float = 0.0
    """Standard deviation of the measurement itself, of the logarithm."""
    copies: int = 1
    """How many points are of these very layers: together they say as much of the model's form as one."""

    def predicted(self, constants: Constants) -> float:
        """Cycles under ``constants``."""
        return total(self.works, constants)

    def deviation(self, sigma: float) -> float:
        """Of the logarithm, by the model's form and the measurement."""
        return sqrt(self.copies * sigma**2 + self.noise**2)


@dataclass(frozen=True)
class Posterior:
    """Parameters with how well they are known."""

    prior: Prior
    values: tuple[float, ...]
    covariance: np.ndarray = field(repr=False)
    sigma: float
    """Error of the model's form, a standard deviation of the logarithm."""

    @property
    def constants(self) -> Constants:
        """The cost model at the mode."""
        return self.prior.constants(self.values)

    def deviation(self, works: Sequence[Work]) -> float:
        """Standard deviation of the logarithm of a network's cycles: parameters and form."""
        whole, gradient = Table([works], self.prior).cycles(np.array(self.values))
        share = gradient[0] / whole[0]
        return sqrt(float(share @ self.covariance @ share) + self.sigma**2)


class Known(NamedTuple):
    """What is known of a parameter: ranges that hold it nine times in ten."""

    name: str
    before: tuple[float, float]
    now: tuple[float, float]

    @property
    def words(self) -> str:
        """The parameter with its unit."""
        return UNITS_OF.get(self.name, f"{self.name.replace('_', ' ')}, factor")


def _range(name: str, middle: float, deviation: float) -> tuple[float, float]:
    ends = (exp(middle - NINE_IN_TEN * deviation), exp(middle + NINE_IN_TEN * deviation))
    return (1 / ends[1], 1 / ends[0]) if name in (DENSE_RATE, MEMORY_PATH) else ends


UNITS_OF = {
    DENSE_RATE: "k x k windows, MACs a cycle",
    MEMORY_PATH: "memory, bytes a cycle",
    LAYER: "each layer, cycles",
    UNITS: "1x1 arithmetic, over all units busy",
    LANES: "depthwise arithmetic, over a lane a column",
}


@dataclass(frozen=True)
class Fit:
    """A posterior with the leave-one-out predictions (in cycles) that it was judged by."""

    posterior: Posterior
    points: tuple[Point, ...]
    left_out: tuple[float, ...]
    """Prediction of each point by a model that did not see its group."""
    unseen: tuple[Posterior, ...]
    """That model, for each point."""

    @property
    def constants(self) -> Constants:
        """The cost model at the mode."""
        return self.posterior.constants

    @property
    def errors(self) -> tuple[float, ...]:
        """Leave-one-out errors: predicted / measured - 1."""
        return tuple(p / m.cycles - 1 for p, m in zip(self.left_out, self.points, strict=True))

    @property
    def error_median(self) -> float:
        """Median of the absolute errors, one a group."""
        return median(abs(e) for e in self._by_group(self.errors))

    @property
    def error_worst(self) -> float:
        """Largest absolute error."""
        return max(abs(e) for e in self.errors)

    @property
    def deviations(self) -> float:
        """How many standard deviations hold nine new networks in ten, by those left out; no fewer than a normal's.

        What a measurement's own noise adds is not taken off: the interval is to hold what somebody measures.
        """
        found = [
            abs(log(p / m.cycles)) / u.deviation(m.works)
            for p, m, u in zip(self.left_out, self.points, self.unseen, strict=True)
        ]
        return max(NINE_IN_TEN, quantile(self._by_group(found)))

    @property
    def known(self) -> tuple[Known, ...]:
        """Every parameter's range, before and by the measurements."""
        found = self.posterior
        spread = np.sqrt(np.diag(found.covariance))
        return tuple(
            Known(n, _range(n, c, d), _range(n, v, s))
            for n, c, d, v, s in zip(
                found.prior.names,
                found.prior.centre,
                found.prior.deviation,
                found.values,
                spread,
                strict=True,
            )
        )

    def _by_group(self, values: Sequence[float]) -> list[float]:
        return list({p.group: v for p, v in zip(self.points, values, strict=True)}.values())


def quantile(values: Sequence[float], share: float = 0.9) -> float:
    """The value that holds ``share`` of new cases, from those of cases left out.

    The split-conformal quantile: the ceil((n + 1) share)-th smallest, the
    largest where there are too few.
    """
    ordered = sorted(values)
    return ordered[min(len(ordered), int(np.ceil((len(ordered) + 1) * share))) - 1]


def judge(points: Sequence[Point], prior: Prior, sigma: float | None = None) -> Fit:
    """The posterior of ``points``, and what it predicts of each group unseen."""
    found = {
        group: solve([p for p in points if p.group != group], prior, sigma)
        for group in dict.fromkeys(p.group for p in points)
    }
    return Fit(
        posterior=solve(points, prior, sigma),
        points=tuple(points),
        left_out=tuple(p.predicted(found[p.group].constants) for p in points),
        unseen=tuple(found[p.group] for p in points),
    )


def one_rate(points: Sequence[Point], count: Callable[[Work], int]) -> dict[str, float]:
    """Leave-one-out error of each group when cycles are ``count`` summed over the layers, at one rate."""
    speeds = {p.group: log(p.cycles / max(1, sum(map(count, p.works)))) for p in points}
    return {
        g: exp(sum(v for k, v in speeds.items() if k != g) / (len(speeds) - 1) - own) - 1
        for g, own in speeds.items()
    }


def solve(points: Sequence[Point], prior: Prior, sigma: float | None = None) -> Posterior:
    """The posterior of ``points``; where ``sigma`` is None, its root mean square over ``SIGMAS`` as probable as each is."""
    table, start = Table([p.works for p in points], prior), np.array(prior.centre)
    if sigma is None:
        evidence: list[float] = []
        for tried in SIGMAS:
            found, weight = _mode(points, table, prior, tried, start)
            start = np.array(found.values)
            evidence.append(weight)
            if weight < max(evidence) - HOPELESS:
                break
        weights = np.exp(np.array(evidence) - max(evidence))
        sigma = sqrt(float(weights @ np.array(SIGMAS[: len(weights)]) ** 2 / weights.sum()))
    return _mode(points, table, prior, sigma, start)[0]


def _mode(
    points: Sequence[Point], table: Table, prior: Prior, sigma: float, start: np.ndarray
) -> tuple[Posterior, float]:
    """The posterior for one ``sigma``, and the logarithm of the evidence (Laplace's approximation)."""
    centre, precision = np.array(prior.centre), 1 / np.array(prior.deviation) ** 2
    deviations = np.array([p.deviation(sigma) for p in points])
    measured = np.log([p.cycles for p in points])

    def at(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Residuals in deviations, their derivatives, the loss."""
        whole, gradient = table.cycles(values)
        residuals = (np.log(whole) - measured) / deviations
        rows = gradient / (whole * deviations)[:, None]
        return residuals, rows, _loss(residuals, values - centre, precision)

    def normal_equations() -> tuple[np.ndarray, np.ndarray]:
        weights = np.minimum(1, HUBER / np.maximum(np.abs(residuals), 1e-12))
        matrix = rows.T @ (rows * weights[:, None]) + np.diag(precision)
        return matrix, -(rows.T @ (weights * residuals) + precision * (values - centre))

    values, damping = start, DAMPING[0]
    residuals, rows, now = at(values)
    for _ in range(ROUNDS):
        normal, downhill = normal_equations()
        while damping < DAMPING[1]:
            tried = values + np.linalg.solve(normal + damping * np.diag(np.diag(normal)), downhill)
            new, new_rows, loss = at(tried)
            if loss < now:
                break
            damping *= 4
        else:
            break
        settled = now - loss < SETTLED
        values, residuals, rows, now = tried, new, new_rows, loss
        damping = max(damping / 5, 1e-9)
        if settled:
            break
    normal, _ = normal_equations()
    evidence = -now / 2 - float(np.sum(np.log(deviations)))
    evidence -= (float(np.linalg.slogdet(normal)[1]) - float(np.sum(np.log(precision)))) / 2
    return Posterior(prior, tuple(map(float, values)), np.linalg.inv(normal), sigma), evidence


def _loss(residuals: np.ndarray, moved: np.ndarray, precision: np.ndarray) -> float:
    """Twice the negative logarithm of the posterior, without what is constant; beyond HUBER it grows linearly."""
    size = np.abs(residuals)
    huber = np.where(size <= HUBER, size**2, 2 * HUBER * size - HUBER**2)
    return float(huber.sum() + (precision * moved**2).sum())
