"""How often a kit's intervals hold, by simulated sensors that the formula does not describe exactly.

    python -m tools.kit_coverage            the table
    python -m tools.kit_coverage --write    put it into docs/latency.md

A simulated sensor has constants drawn from what is thought of them beforehand
and an error of the formula's form, of each network or of each layer. The kit
is measured on it without PicoSAM2 and 3 and fitted alone; then the intervals
that ``check`` would print are held against its own runtimes of PicoSAM2 and 3
and of every candidate network that is not in the kit.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from math import exp
from zlib import crc32

import numpy as np

from sensorfit.api import load_target
from sensorfit.latency.calibrate import calibration
from sensorfit.latency.candidates import PICOSAM, candidates
from sensorfit.latency.cycles import Constants, cost, cycles, total
from sensorfit.latency.fit import Point, judge
from sensorfit.latency.kit import designed, device_graph
from sensorfit.latency.parameters import Prior, prior
from sensorfit.latency.work import Work, works
from tools.docs_table import DOCS, Place

PLACE = Place(
    DOCS / "latency.md", "<!-- coverage: python -m tools.kit_coverage --write -->", "<!-- /coverage -->"
)
Sensor = Callable[[Sequence[Work]], float]
"""The cycles that it takes for a network's layers."""
SENSORS = 60
MEASURING = 0.002
"""Deviation of a measured runtime's logarithm."""
FORMS = (("network", 0.02), ("network", 0.05), ("network", 0.10), ("layer", 0.15))
"""What is off by itself, and the deviation of its logarithm."""


def sensor(seed: int, before: Prior, each: str, form: float) -> Sensor:
    """A sensor by its ``seed``, whose runtime of ``each`` network or layer is off by ``form`` beside the formula."""
    moved = np.random.default_rng((seed, 0)).standard_normal(len(before.names))
    own = tuple(c + d * m for c, d, m in zip(before.centre, before.deviation, moved, strict=True))
    constants: Constants = before.constants(own)

    def off(what: object) -> float:
        return exp(form * np.random.default_rng((seed, crc32(repr(what).encode()))).standard_normal())

    def of_networks(layers: Sequence[Work]) -> float:
        return total(layers, constants) * off(layers)

    def of_layers(layers: Sequence[Work]) -> float:
        return sum(cycles(w, constants) * off((w.kind, w.array, w.weights, w.bytes)) for w in layers)

    return of_networks if each == "network" else of_layers


def coverage(each: str, form: float, sensors: int = SENSORS) -> tuple[float, float, float]:
    """Shares of intervals that held, of PicoSAM2 and 3 and of the other networks, and the median factor to an end of PicoSAM3's."""
    target = load_target()
    before = prior(target)
    kit = [m for m in designed(target).members if m.candidate.name not in PICOSAM]
    inside = {m.candidate.name for m in kit}
    held = {c.name: works(device_graph(c.make()), before.simd) for c in candidates() if c.name not in inside}
    hits: dict[bool, list[bool]] = {True: [], False: []}
    wide = []
    for seed in range(sensors):
        one = sensor(seed, before, each, form)
        noise = np.random.default_rng((seed, 1)).standard_normal(len(kit))
        points = [
            Point(m.candidate.name, m.works, one(m.works) * exp(MEASURING * n), m.candidate.name, MEASURING)
            for m, n in zip(kit, noise, strict=True)
        ]
        found = calibration(judge(points, before))
        for name, layers in held.items():
            low, high = found.interval(layers, [cost(w, found.constants) for w in layers])
            hits[name in PICOSAM].append(low <= one(layers) <= high)
            if name == PICOSAM[-1]:
                wide.append(high / total(layers, found.constants))
    return float(np.mean(hits[True])), float(np.mean(hits[False])), float(np.median(wide))


def table() -> str:
    """A Markdown table, one row a kind of error."""
    lines = [
        f"| the formula is off by | PicoSAM2 and 3 held | other networks held | PicoSAM3's interval, median of {SENSORS} |",
        "|---|---:|---:|---:|",
    ]
    for each, form in FORMS:
        own, others, wide = coverage(each, form)
        lines.append(
            f"| {form:.0%} of each {each} | {own:.0%} | {others:.0%} | within a factor of {wide:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it into the docs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace the table in docs/latency.md")
    options = parser.parse_args()
    PLACE.show(table(), options.write)


if __name__ == "__main__":
    main()
