"""The cost model's parameters as a vector, and what is known of them before any measurement.

    name      value
    dense     cycles a MAC in k x k windows
    memory    cycles a byte to and from memory
    layer     cycles a layer
    units     factor on 1x1 arithmetic, over all MAC units busy
    lanes     factor on depthwise arithmetic, over one lane a column
    a kind    factor on all cycles of that kind of layer

All are positive, so the vector holds logarithms. What is known beforehand is a
range for each that holds it nine times in ten (``[prior]`` in ``cost_model.toml``,
each with its reason): a normal distribution of the logarithm between its ends.
"""

from __future__ import annotations

from functools import cache
from math import exp, log
from typing import NamedTuple

from ..target import Target
from .calibration import cost_model
from .cycles import DENSE_RATE, LANES, LAYER, MEMORY_PATH, REFERENCE, UNITS, Constants

NINE_IN_TEN = 1.645
"""Standard deviations, either way, within which nine of ten normal values lie."""
RATES = (DENSE_RATE, MEMORY_PATH, LAYER, UNITS, LANES)


class Prior(NamedTuple):
    """Independent normal distributions of the parameters' logarithms."""

    names: tuple[str, ...]
    centre: tuple[float, ...]
    deviation: tuple[float, ...]
    mac_units: int
    simd: int

    def constants(self, values: tuple[float, ...]) -> Constants:
        """The cost model with these logarithms."""
        value = {name: exp(v) for name, v in zip(self.names, values, strict=True)}
        return Constants(
            value[DENSE_RATE],
            value[MEMORY_PATH],
            value[LAYER],
            self.mac_units,
            self.simd,
            value[UNITS],
            value[LANES],
            {name: v for name, v in value.items() if name not in RATES},
        )


@cache
def prior(target: Target) -> Prior:
    """What ``rules/<target>/cost_model.toml`` says of every parameter."""
    facts = cost_model(target)
    ranges: dict[str, tuple[float, float]] = {}
    for name, entry in facts["prior"].items():
        if name in REFERENCE and name != DENSE_RATE:
            continue
        low, high = entry["range"]
        ranges[name] = (1 / high, 1 / low) if entry.get("a_cycle") else (low, high)
    names = (*RATES, *sorted(set(ranges) - set(RATES)))
    return Prior(
        names,
        tuple((log(ranges[n][0]) + log(ranges[n][1])) / 2 for n in names),
        tuple((log(ranges[n][1]) - log(ranges[n][0])) / 2 / NINE_IN_TEN for n in names),
        target.mac_units,
        facts["array"]["simd"],
    )
