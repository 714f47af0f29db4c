"""Cycles from work: an array of MAC units beside one path to memory.

The units are taken as columns of ``simd`` lanes (72 of 32 on the IMX500). For each layer

    compute = max(array / rate, weights / columns)
    memory  = bytes / bytes_per_cycle
    dense   = compute + memory + layer_cycles          a k x k window re-reads its lines
    others  = max(compute, memory) + layer_cycles      the two overlap

with ``rate`` = the fitted dense rate for k x k convolutions, all units for
1x1 and matrix products, and one lane a column (72) for depthwise, where
each channel has but one filter. Every term grows with the work, so the
estimate never falls when work is added.

Two constants are fitted (``calibrate``); the rest is the hardware's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .work import Work

FITTED = ("dense_cycles_per_mac", "cycles_per_byte", "layer_cycles")
"""The constants a fit may set, in the order of ``Terms.fitted``."""
DENSE = frozenset({"dense", "grouped", "transposed"})
"""k x k windows: the fitted rate, and no overlap with memory."""
SINGLE_LANE = frozenset({"depthwise"})


class Constants(NamedTuple):
    """The cost model's numbers; the first three are fitted."""

    dense_cycles_per_mac: float
    cycles_per_byte: float
    layer_cycles: float
    mac_units: int
    simd: int

    @property
    def columns(self) -> int:
        """MAC units that work on different weights."""
        return self.mac_units // self.simd

    @property
    def fitted(self) -> tuple[float, ...]:
        """The fitted constants, in the order of ``FITTED``."""
        return (self.dense_cycles_per_mac, self.cycles_per_byte, self.layer_cycles)

    def refitted(self, values: Sequence[float]) -> Constants:
        """The same hardware with other fitted constants, in the order of ``FITTED``."""
        dense, byte, layer = values
        return Constants(dense, byte, layer, self.mac_units, self.simd)

    @classmethod
    def of(cls, fit: Mapping[str, Any], mac_units: int, simd: int) -> Constants:
        """From the ``[fit]`` table of a calibration file, for an array of this size."""
        return cls(
            dense_cycles_per_mac=1 / fit["dense_macs_per_cycle"],
            cycles_per_byte=1 / fit["bytes_per_cycle"],
            layer_cycles=fit["layer_cycles"],
            mac_units=mac_units,
            simd=simd,
        )


class Terms(NamedTuple):
    """A layer's cycles as a linear form: ``fitted`` . constants (in the order of ``FITTED``) + ``fixed``."""

    fitted: tuple[float, float, float] = (0.0, 0.0, 0.0)
    fixed: float = 0.0
    bound: str = ""
    """What the cycles are spent on: "compute", "memory", both joined by +; "" where they are not known."""

    def cycles(self, constants: Constants) -> float:
        """The form's value."""
        a, b, c = self.fitted
        return (
            a * constants.dense_cycles_per_mac
            + b * constants.cycles_per_byte
            + c * constants.layer_cycles
            + self.fixed
        )


def terms(work: Work, constants: Constants) -> Terms:
    """The branches of the maxima that hold under ``constants``, as a linear form in the fitted ones."""
    if not work.known:
        return Terms()
    loading = work.weights / constants.columns
    if work.kind in DENSE:
        if loading > work.array * constants.dense_cycles_per_mac:
            return Terms((0.0, work.bytes, 1.0), loading, "compute+memory")
        return Terms((work.array, work.bytes, 1.0), 0.0, "compute+memory")
    units = constants.columns if work.kind in SINGLE_LANE else constants.mac_units
    compute = max(work.array / units, loading)
    if compute > work.bytes * constants.cycles_per_byte:
        return Terms((0.0, 0.0, 1.0), compute, "compute")
    return Terms((0.0, work.bytes, 1.0), 0.0, "memory")


def cycles(work: Work, constants: Constants) -> float:
    """Cycles of one layer."""
    return terms(work, constants).cycles(constants)


def total(works: Iterable[Work], constants: Constants) -> float:
    """Cycles of all layers, one after the other."""
    return sum(cycles(w, constants) for w in works)
