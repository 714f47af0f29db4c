"""A calibration: the fitted constants of the cost model, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from ..target import Target, read_facts
from .cycles import Constants


class Calibration(NamedTuple):
    """A fitted cost model and its error; ``name`` says whose measurements it stands on."""

    constants: Constants
    spread: float
    """Factor by which a network outside the fit is missed, either way."""
    error_median: float
    measurements: int
    name: str = "shipped"


@cache
def shipped(target: Target) -> Calibration:
    """The calibration in ``rules/<target>/latency.toml``."""
    return calibration_of(read_facts("latency", target), target, "shipped")


def calibration_of(table: Mapping[str, Any], target: Target, name: str) -> Calibration:
    """The calibration in a parsed calibration file; KeyError or TypeError where it is not one."""
    return Calibration(
        constants=Constants.of(table["fit"], target.mac_units, cost_model(target)["array"]["simd"]),
        spread=float(table["error"]["spread"]),
        error_median=float(table["error"]["median"]),
        measurements=int(table["error"]["measurements"]),
        name=name,
    )


@cache
def cost_model(target: Target) -> Mapping[str, Any]:
    """What the cost model assumes beside the constants that are fitted."""
    return read_facts("cost_model", target)
