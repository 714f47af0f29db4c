"""Cycles from work: an array of MAC units beside one path to memory.

The units are taken as columns of ``simd`` lanes. For each layer

    compute = max(array / rate, weights / columns)
    memory  = bytes / bytes_per_cycle
    dense   = factor (compute + memory) + layer_cycles       a k x k window re-reads its lines
    others  = factor max(compute, memory) + layer_cycles     the two overlap

with ``rate`` = the fitted dense rate for k x k convolutions, all units for
1x1 and matrix products, and one lane a column for depthwise, where
each channel has but one filter. ``factor`` is the kind's own, 1 where nothing
says otherwise. Every term grows with the work, so the estimate never falls when
work is added.

What is fitted (``parameters``) and how well it is known is not this module's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .work import Work

DENSE_RATE, MEMORY_PATH, LAYER, UNITS, LANES = "dense", "memory", "layer", "units", "lanes"
"""Parameters beside the kinds' factors; cycles are proportional to each."""
DENSE = frozenset({"dense", "grouped", "transposed"})
"""k x k windows: the fitted rate, and no overlap with memory."""
SINGLE_LANE = frozenset({"depthwise"})
REFERENCE = frozenset({"dense", "pointwise"})
"""Kinds without a factor of their own: they are what the rates are of."""


class Constants(NamedTuple):
    """The cost model's numbers; all but the array's size are fitted."""

    dense_cycles_per_mac: float
    cycles_per_byte: float
    layer_cycles: float
    mac_units: int
    simd: int
    units_factor: float = 1.0
    """Cycles of 1x1 arithmetic over those of an array that never waits."""
    lanes_factor: float = 1.0
    """The same of depthwise arithmetic over one lane a column."""
    factors: Mapping[str, float] = {}
    """A kind's cost over what the formula says of it."""

    @property
    def columns(self) -> int:
        """MAC units that work on different weights."""
        return self.mac_units // self.simd


class Cost(NamedTuple):
    """A layer's cycles, by what they are spent on."""

    compute: float = 0.0
    memory: float = 0.0
    overhead: float = 0.0
    rate: str = ""
    """The parameter that ``compute`` is proportional to, "" where it is loading weights."""
    bound: str = ""
    """What the cycles are spent on: "compute", "memory", both joined by +; "" where they are not known."""

    @property
    def cycles(self) -> float:
        """Their sum."""
        return self.compute + self.memory + self.overhead


def cost(work: Work, constants: Constants) -> Cost:
    """What ``work`` costs under ``constants``."""
    if not work.known:
        return Cost()
    factor = constants.factors.get(work.kind, 1.0)
    loading = work.weights / constants.columns
    memory = work.bytes * constants.cycles_per_byte
    if work.kind in DENSE:
        arithmetic, rate = work.array * constants.dense_cycles_per_mac, DENSE_RATE
    elif work.kind in SINGLE_LANE:
        arithmetic, rate = work.array / constants.columns * constants.lanes_factor, LANES
    else:
        arithmetic, rate = work.array / constants.mac_units * constants.units_factor, UNITS
    compute, rate = (arithmetic, rate) if arithmetic >= loading else (loading, "")
    if work.kind in DENSE:
        return Cost(factor * compute, factor * memory, constants.layer_cycles, rate, "compute+memory")
    if compute > memory:
        return Cost(factor * compute, 0.0, constants.layer_cycles, rate, "compute")
    return Cost(0.0, factor * memory, constants.layer_cycles, "", "memory")


def cycles(work: Work, constants: Constants) -> float:
    """Cycles of one layer."""
    return cost(work, constants).cycles


def total(works: Iterable[Work], constants: Constants) -> float:
    """Cycles of all layers, one after the other."""
    return sum(cycles(w, constants) for w in works)


def sensitivities(works: Iterable[Work], costs: Iterable[Cost]) -> dict[str, float]:
    """Cycles by the parameter they are proportional to: the derivative of the total by each one's logarithm.

    Cycles that depend on two parameters, the memory path and a kind's factor say, count for both.
    """
    found: dict[str, float] = {}
    for work, part in zip(works, costs, strict=True):
        shares = [(MEMORY_PATH, part.memory), (LAYER, part.overhead)]
        if part.rate:
            shares.append((part.rate, part.compute))
        if work.kind not in REFERENCE:
            shares.append((work.kind, part.compute + part.memory))
        for name, share in shares:
            if share:
                found[name] = found.get(name, 0.0) + share
    return found
