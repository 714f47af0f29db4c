"""A calibration: the fitted parameters of the cost model, and how well they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import expm1, sqrt
from typing import Any, NamedTuple

from ..target import Target, read_facts
from .cycles import Constants, Cost, sensitivities
from .work import Work


class Calibration(NamedTuple):
    """A fitted cost model and its error; ``name`` says whose measurements it stands on."""

    constants: Constants
    names: tuple[str, ...]
    """The parameters that ``covariance`` is of."""
    covariance: tuple[tuple[float, ...], ...]
    """Of the parameters' logarithms."""
    sigma: float
    """Error of the model's form: a standard deviation of the logarithm of a network's cycles."""
    deviations: float
    """Standard deviations, either way, within which nine new networks in ten are."""
    error_median: float
    measurements: int
    name: str = "shipped"

    def interval(self, works: Sequence[Work], costs: Sequence[Cost]) -> tuple[float, float]:
        """Cycles of a network at the low and the high end, ``costs`` those of its layers ``works``.

        A parameter at its end changes what depends on it by a factor, however wide: what is added up, as
        independent errors are, are these changes, so that a layer more never lowers the low end.
        """
        whole = sum(c.cycles for c in costs)
        by_name = sensitivities(works, costs)
        parts = [(i, by_name[n]) for i, n in enumerate(self.names) if n in by_name]
        ends = []
        for sign in (-1, 1):
            moved = [(i, part * self._change(sqrt(self.covariance[i][i]), sign)) for i, part in parts]
            variance = sum(a * b * self.covariance[i][j] for i, a in moved for j, b in moved)
            form = whole * self.sigma * self._change(self.sigma, sign)
            ends.append(whole + sign * self.deviations * sqrt(max(0.0, variance) + form**2))
        return max(0.0, ends[0]), ends[1]

    def _change(self, deviation: float, sign: int) -> float:
        """The change of a factor at its end over its deviation times their number: 1 where it is small."""
        far = sign * self.deviations * deviation
        return expm1(far) / far if far else 1.0

    def known(self, parameter: str) -> float:
        """Standard deviation of the logarithm of ``parameter``."""
        i = self.names.index(parameter)
        return sqrt(self.covariance[i][i])


@cache
def shipped(target: Target) -> Calibration:
    """The calibration in ``rules/<target>/latency.toml``."""
    return calibration_of(read_facts("latency", target), target, "shipped")


def calibration_of(table: Mapping[str, Any], target: Target, name: str) -> Calibration:
    """The calibration in a parsed calibration file; KeyError, TypeError or ValueError where it is not one."""
    fit, error = table["fit"], table["error"]
    names = tuple(map(str, table["covariance"]["names"]))
    rows = tuple(tuple(map(float, row)) for row in table["covariance"]["rows"])
    if len(rows) != len(names) or any(len(row) != i + 1 for i, row in enumerate(rows)):
        raise ValueError("the covariance has not a row for each name")
    whole = tuple(
        tuple(rows[max(i, j)][min(i, j)] for j in range(len(names))) for i in range(len(names))
    )  # the lower half is stored
    return Calibration(
        constants=Constants(
            1 / fit["dense_macs_per_cycle"],
            1 / fit["bytes_per_cycle"],
            float(fit["layer_cycles"]),
            target.mac_units,
            cost_model(target)["array"]["simd"],
            float(fit["units_factor"]),
            float(fit["lanes_factor"]),
            {str(kind): float(value) for kind, value in table["factors"].items()},
        ),
        names=names,
        covariance=whole,
        sigma=float(error["sigma"]),
        deviations=float(error["deviations"]),
        error_median=float(error["median"]),
        measurements=int(error["measurements"]),
        name=name,
    )


@cache
def cost_model(target: Target) -> Mapping[str, Any]:
    """What the cost model assumes beside the constants that are fitted."""
    return read_facts("cost_model", target)
