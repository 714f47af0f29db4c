"""Cycles from work: an array of MAC units beside one path to memory.

The 2304 units are taken as 72 columns of 32 lanes (``simd``). For each layer

    compute = max(array / rate, weights / columns)
    memory  = bytes / bytes_per_cycle
    dense   = compute + memory + layer_cycles          a k x k window re-reads its lines
    others  = max(compute, memory) + layer_cycles      the two overlap

with ``rate`` = the fitted dense rate for k x k convolutions, all 2304 units for
1x1 and matrix products, and one lane a column (72) for depthwise, where
each channel has but one filter. Every term grows with the work, so the
estimate never falls when work is added.

Two constants are fitted (``calibrate``); the rest is the hardware's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .work import Work

FITTED = ("dense_cycles_per_mac", "cycles_per_byte", "layer_cycles")
"""The constants a fit may set, in the order of the columns of ``Terms.fitted``."""
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


class Columns(NamedTuple):
    """The layers of a network side by side: one entry a layer."""

    array: np.ndarray
    weights: np.ndarray
    bytes: np.ndarray
    dense: np.ndarray
    single_lane: np.ndarray
    known: np.ndarray

    @classmethod
    def of(cls, works: Sequence[Work]) -> Columns:
        """From the layers' demands."""
        return cls(
            array=np.array([w.array for w in works], dtype=float),
            weights=np.array([w.weights for w in works], dtype=float),
            bytes=np.array([w.bytes for w in works], dtype=float),
            dense=np.array([w.kind in DENSE for w in works], dtype=bool),
            single_lane=np.array([w.kind in SINGLE_LANE for w in works], dtype=bool),
            known=np.array([w.known for w in works], dtype=bool),
        )


class Terms(NamedTuple):
    """Each layer's cycles as a linear form: ``fitted`` (layers, 3) @ constants + ``fixed``."""

    fitted: np.ndarray
    fixed: np.ndarray
    on_compute: np.ndarray
    """Where arithmetic or weight loading sets the time."""
    on_memory: np.ndarray
    """Where the bytes moved do."""

    def cycles(self, constants: Constants) -> np.ndarray:
        """The forms' values, one a layer."""
        return self.fitted @ np.array(constants.fitted) + self.fixed

    def bounds(self) -> list[str]:
        """What each layer's cycles are spent on."""
        both = zip(self.on_compute.tolist(), self.on_memory.tolist(), strict=True)
        return ["+".join(["compute"] * c + ["memory"] * m) for c, m in both]


def terms(columns: Columns, constants: Constants) -> Terms:
    """The branches of the maxima that hold under ``constants``, as linear forms in the fitted ones."""
    loading = columns.weights / constants.columns
    slow_loading = columns.dense & (loading > columns.array * constants.dense_cycles_per_mac)
    arithmetic = columns.array / np.where(columns.single_lane, constants.columns, constants.mac_units)
    compute = np.maximum(arithmetic, loading)
    overlapped = columns.known & ~columns.dense
    on_compute = overlapped & (compute > columns.bytes * constants.cycles_per_byte)
    moves = (columns.known & columns.dense) | (overlapped & ~on_compute)
    dense = columns.known & columns.dense
    return Terms(
        fitted=np.stack(
            [columns.array * (dense & ~slow_loading), columns.bytes * moves, columns.known.astype(float)],
            axis=1,
        ),
        fixed=loading * (dense & slow_loading) + compute * on_compute,
        on_compute=on_compute | dense,
        on_memory=moves,
    )


def cycles(work: Work, constants: Constants) -> float:
    """Cycles of one layer."""
    return total((work,), constants)


def total(works: Sequence[Work], constants: Constants) -> float:
    """Cycles of all layers, one after the other."""
    return float(terms(Columns.of(works), constants).cycles(constants).sum())
