"""Many networks' layers as arrays, so that a fit evaluates the cost model in one go; ``cycles`` is its one-layer form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cycles import DENSE, DENSE_RATE, LANES, LAYER, MEMORY_PATH, SINGLE_LANE, UNITS
from .parameters import Prior
from .work import Work


class Table:
    """The layers of ``networks``; of each is asked how many cycles it takes under some parameters."""

    def __init__(self, networks: Sequence[Sequence[Work]], prior: Prior) -> None:
        place = {name: i for i, name in enumerate(prior.names)}
        layers = [(i, w) for i, works in enumerate(networks) for w in works if w.known]
        columns = prior.mac_units // prior.simd
        rates = [
            DENSE_RATE if w.kind in DENSE else LANES if w.kind in SINGLE_LANE else UNITS for _, w in layers
        ]
        units = {DENSE_RATE: 1, LANES: columns, UNITS: prior.mac_units}
        self.count, self.width = len(networks), len(prior.names)
        self.network = np.array([i for i, _ in layers], int)
        self.array = np.array([w.array / units[r] for (_, w), r in zip(layers, rates, strict=True)], float)
        self.loading = np.array([w.weights / columns for _, w in layers], float)
        self.bytes = np.array([w.bytes for _, w in layers], float)
        self.serial = np.array([w.kind in DENSE for _, w in layers], bool)
        self.rate = np.array([place[r] for r in rates], int)
        self.kind = np.array([place.get(w.kind, -1) if w.kind != DENSE_RATE else -1 for _, w in layers], int)
        self.memory, self.layer = place[MEMORY_PATH], place[LAYER]

    def cycles(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cycles of every network (n), and their derivative by the parameters' logarithms ``values`` (n x parameters)."""
        value = np.exp(values)
        factor = np.where(self.kind >= 0, value[self.kind], 1.0)
        arithmetic = self.array * value[self.rate]
        busy = arithmetic >= self.loading
        compute, memory = np.maximum(arithmetic, self.loading), self.bytes * value[self.memory]
        calculates = self.serial | (compute > memory)
        compute = np.where(calculates, factor * compute, 0.0)
        memory = np.where(self.serial | ~calculates, factor * memory, 0.0)
        gradient = np.zeros((self.count, self.width))
        np.add.at(gradient, (self.network, self.rate), np.where(busy, compute, 0.0))
        gradient[:, self.memory] += np.bincount(self.network, memory, self.count)
        gradient[:, self.layer] += np.bincount(self.network, minlength=self.count) * value[self.layer]
        own = self.kind >= 0
        np.add.at(gradient, (self.network[own], self.kind[own]), (compute + memory)[own])
        whole = np.bincount(self.network, compute + memory + value[self.layer], self.count)
        return np.maximum(whole, 1e-9), gradient
