"""Which networks tell the cost model's parameters apart best: D-optimal design.

Measuring a network says of the parameters' logarithms what the derivative of
its own logarithm says, with the error of the model's form. The determinant of
all they say together, with what is known before, is the criterion; its
logarithm is averaged over parameters drawn from the prior, because which
branch of a maximum holds depends on them. The set begins greedily; then single
networks are exchanged (Fedorov) while that helps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .parameters import Prior
from .table import Table
from .work import Work

FORM = 0.05
"""Error of the model's form that the design reckons with: its own interval scales with it, its choice hardly does."""
DRAWS = 6
HELPS = 1e-9


@dataclass(frozen=True)
class Design:
    """A choice among candidates: their places, in the order of what each adds."""

    chosen: tuple[int, ...]
    criterion: float
    """Mean logarithm of the determinant of the information, in nats."""
    before: float
    """The same before any measurement."""
    at_random: float
    """The same of as many candidates drawn at random, on average."""
    adds: tuple[float, ...]
    """What the criterion loses without each of the chosen."""


def choose(
    networks: Sequence[Sequence[Work]], prior: Prior, count: int, always: Sequence[int] = ()
) -> Design:
    """``count`` of ``networks``, those of the places ``always`` among them."""
    rows = _rows(networks, prior)
    known = np.diag(1 / np.array(prior.deviation) ** 2)

    def criterion(places: Sequence[int]) -> float:
        some = rows[:, list(places)]
        information = known + np.einsum("dni,dnj->dij", some, some)
        return float(np.linalg.slogdet(information)[1].mean())

    chosen = list(always)
    while len(chosen) < count:
        chosen.append(
            max((i for i in range(len(networks)) if i not in chosen), key=lambda i: criterion([*chosen, i]))
        )
    now, better = criterion(chosen), True
    while better:
        better = False
        for place, old in enumerate(chosen):
            if old in always:
                continue
            rest = chosen[:place] + chosen[place + 1 :]
            best = max(
                (i for i in range(len(networks)) if i not in rest), key=lambda i: criterion([*rest, i])
            )
            value = criterion([*rest, best])
            if best != old and value > now + HELPS:
                chosen[place], now, better = best, value, True
    rng = np.random.default_rng(0)
    random = [criterion([*map(int, rng.choice(len(networks), count, replace=False))]) for _ in range(50)]
    adds = tuple(now - criterion([c for c in chosen if c != one]) for one in chosen)
    return Design(tuple(chosen), now, criterion([]), float(np.mean(random)), adds)


def covariance(networks: Sequence[Sequence[Work]], prior: Prior, form: float = FORM) -> np.ndarray:
    """Of the parameters' logarithms once ``networks`` are measured, at the prior's centre."""
    rows = _rows(networks, prior, form)[0]
    known = np.linalg.inv(np.diag(1 / np.array(prior.deviation) ** 2) + rows.T @ rows)
    return np.asarray(known)


def deviation(network: Sequence[Work], known: np.ndarray, prior: Prior, form: float = FORM) -> float:
    """Of the logarithm of a network's cycles, the form's error in it, when ``known`` is the parameters' covariance."""
    row = _rows([network], prior, 1.0)[0][0]
    return float(np.sqrt(row @ known @ row + form**2))


def _rows(networks: Sequence[Sequence[Work]], prior: Prior, form: float = FORM) -> np.ndarray:
    """What measuring each network says (draws x networks x parameters); the first draw is the prior's centre."""
    table = Table(networks, prior)
    rng = np.random.default_rng(0)
    centre, deviation = np.array(prior.centre), np.array(prior.deviation)
    found = []
    for draw in range(DRAWS):
        values = centre + (deviation * rng.standard_normal(len(centre)) if draw else 0.0)
        whole, gradient = table.cycles(values)
        found.append(gradient / whole[:, None] / form)
    return np.array(found)
