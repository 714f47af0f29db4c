"""Refit the cost model: from the shipped measurements, or from those and a user's own.

measurements.toml + graphs ─┐
                            ├─► points ─► fit ─► Refit ─► latency.toml, or the user's file
KPI logs + model files ─────┘
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import median

from ..errors import ConfigError
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.lower import lower
from ..target import Target, read_facts
from .calibration import Calibration
from .cycles import DENSE_RATE, MEMORY_PATH, total
from .estimate import estimate
from .fit import Fit, Point, judge, one_rate
from .parameters import Prior, prior
from .work import Work, works

NOISE = {"own": 0.0, "high": 0.0, "medium": 0.1}
"""Deviation of a measurement's logarithm beyond its resolution: in print, what it covers is partly unstated."""
FEWEST = 3
"""Networks that a fit takes at least."""
NESTED = 19
"""With as many networks, how many deviations an interval is wide no longer depends on one of them."""
APART = 0.8
"""A rate is told apart where the measurements leave less than this of what was unknown of it before."""
GRAPHS = "graphs"


@dataclass(frozen=True)
class Measured:
    """A time that somebody measured or published, with the network it belongs to."""

    name: str
    graph: Graph
    ms: float
    covers: str = ""
    basis: str = "measured"
    confidence: str = "high"
    fitted: bool = True
    group: str = ""
    source: str = ""
    resolution: float = 0.0
    """What the last digit is worth, in ms."""
    bound: bool = False
    """True where ``ms`` is a frame period, which the DSP runtime cannot exceed."""


@dataclass(frozen=True)
class Row:
    """A measurement beside its prediction, by a model that had not seen it; milliseconds."""

    measured: Measured
    predicted: float
    left_out: float
    low: float
    high: float
    depthwise: float = 0.0
    """The part of ``predicted`` that depthwise convolutions take."""

    @property
    def implied(self) -> float | None:
        """The factor on the cost of depthwise convolution with which the prediction would be exact."""
        return 1 + (self.measured.ms - self.predicted) / self.depthwise if self.depthwise else None

    @property
    def left(self) -> float:
        """Milliseconds of the published figure, at the middle of its bracket where it is one, that are not predicted."""
        return (sum(self.bracket) / 2 if self.measured.bound else self.measured.ms) - self.predicted

    @property
    def bracket(self) -> tuple[float, float]:
        """Periods of a published whole rate f, the highest without dropped results: above 1000 / (f + 1), at most 1000 / f."""
        return 1e3 / (round(1e3 / self.measured.ms) + 1), self.measured.ms

    @property
    def error(self) -> float:
        """Leave-one-out error: predicted / measured - 1."""
        return self.left_out / self.measured.ms - 1

    @property
    def inside(self) -> bool:
        """Whether the interval holds what was measured (for a bound: whether the prediction keeps it)."""
        return (
            self.left_out <= self.measured.ms
            if self.measured.bound
            else self.low <= self.measured.ms <= self.high
        )


@dataclass(frozen=True)
class Demand:
    """A frame rate of a network that has no graph here: only the throughput it needs is known."""

    name: str
    macs: int
    fps: float
    macs_per_cycle: float
    source: str


@dataclass(frozen=True)
class Alternative:
    """Another model's leave-one-out errors."""

    name: str
    error_median: float
    error_worst: float


@dataclass(frozen=True)
class Refit:
    """A fit and all it was held against."""

    fit: Fit
    rows: tuple[Row, ...]
    """Fitted measurements: predictions are leave-one-out, intervals too."""
    others: tuple[Row, ...]
    """Figures that are shown and not fitted: low confidence, unstated coverage."""
    bounds: tuple[Row, ...]
    alternatives: tuple[Alternative, ...]
    """Other models of the same measurements, for comparison."""
    demands: tuple[Demand, ...] = ()

    @property
    def inside(self) -> int:
        """How many intervals hold their measurement."""
        return sum(r.inside for r in self.rows)


def shipped_measurements(target: Target) -> tuple[Measured, ...]:
    """Everything in ``rules/<target>/measurements.toml``, with its graph loaded and lowered."""
    facts = read_facts("measurements", target)
    found = []
    for entry in facts["measurement"]:
        found.append(
            Measured(
                entry["name"], _graph(entry["graph"]), entry["ms"], entry["covers"], entry["basis"], entry["confidence"],
                entry["fitted"], entry.get("group", entry["name"]), entry["source"], entry["resolution"],
            )
        )  # fmt: skip
    for entry in facts["bound"]:
        found.append(
            Measured(
                entry["name"], _graph(entry["graph"]), 1e3 / entry["fps"], f"frame period at {entry['fps']} frames a second",
                "published", "high", False, entry["name"], entry["source"], bound=True,
            )
        )  # fmt: skip
    return tuple(found)


def shipped_demands(target: Target) -> tuple[Demand, ...]:
    """The frame rates in ``rules/<target>/measurements.toml`` that come without a graph."""
    rows = read_facts("measurements", target).get("demand", ())
    return tuple(
        Demand(r["name"], r["macs"], r["fps"], r["macs"] * r["fps"] / target.clock_hz, r["source"])
        for r in rows
    )


def _graph(path: str) -> Graph:
    from importlib import resources

    with resources.as_file(resources.files("sensorfit.models") / GRAPHS / path) as file:
        return lower(load(file))


def refit(measurements: Iterable[Measured], target: Target, demands: Sequence[Demand] = ()) -> Refit:
    """Fit the cost model on ``measurements`` and judge it by leaving each group out."""
    measurements = tuple(measurements)
    before = prior(target)
    chosen = [m for m in measurements if m.fitted and not m.bound]
    points = _same_layers_together([_point(m, before.simd, target.clock_hz) for m in chosen])
    if len({p.group for p in points}) < FEWEST:
        raise ConfigError(
            "a fit needs at least three different networks: measure more models, or leave out --alone"
        )
    best = judge(points, before)
    _tell_rates_apart(best, before)
    rows, rest = [], {}
    few = len({p.group for p in points}) < NESTED
    for measured, point, left_out, unseen in zip(chosen, points, best.left_out, best.unseen, strict=True):
        if not few:
            rest[point.group] = replace(best, posterior=unseen)
        elif point.group not in rest:
            others_only = [p for p in points if p.group != point.group]
            rest[point.group] = judge(others_only, before, unseen.sigma)
        rows.append(_row(measured, point.works, best, rest[point.group], left_out, target))
    others = []
    for measured in measurements:
        if measured not in chosen:
            layers = works(measured.graph, before.simd)
            others.append(_row(measured, layers, best, best, total(layers, best.constants), target))
    return Refit(
        fit=best,
        rows=tuple(rows),
        others=tuple(r for r in others if not r.measured.bound),
        bounds=tuple(r for r in others if r.measured.bound),
        alternatives=_alternatives(points, before, _unstated(measurements, before, target)),
        demands=tuple(demands),
    )


def _tell_rates_apart(found: Fit, before: Prior) -> None:
    """ConfigError where the measurements say nothing of arithmetic, or nothing of memory traffic."""
    for name in (DENSE_RATE, MEMORY_PATH):
        i = before.names.index(name)
        if found.posterior.covariance[i][i] > (APART * before.deviation[i]) ** 2:
            raise ConfigError(
                "these measurements do not tell arithmetic from memory traffic: add a network of another kind "
                "(3x3 convolutions, 1x1 or depthwise ones), or leave out --alone"
            )


def _unstated(measurements: Iterable[Measured], before: Prior, target: Target) -> list[Point]:
    """Published totals whose coverage is not stated, as if they were DSP runtime."""
    return [
        _point(m, before.simd, target.clock_hz)
        for m in measurements
        if not (m.fitted or m.bound or m.confidence == "low")
    ]


def _alternatives(
    points: Sequence[Point], before: Prior, unstated: Sequence[Point]
) -> tuple[Alternative, ...]:
    """The same question asked of simpler models, and of the same model with figures that are only shown."""
    rates = (DENSE_RATE, MEMORY_PATH)
    fixed = (d if n in rates else d / 100 for n, d in zip(before.names, before.deviation, strict=True))
    two = judge(points, before._replace(deviation=tuple(fixed)))
    found = [
        Alternative(
            "the two rates alone, all else as before any measurement", two.error_median, two.error_worst
        )
    ]
    for name, count in (
        ("padded MACs at one rate", lambda w: w.array),
        ("MACs at one rate", lambda w: w.macs),
        ("bytes at one rate", lambda w: w.bytes),
    ):
        errors = [*map(abs, one_rate(points, count).values())]
        found.append(Alternative(name, median(errors), max(errors)))
    if unstated:
        both = judge([*points, *unstated], before)
        found.append(
            Alternative(
                f"this one, fitted as if {len(unstated)} published totals of unstated coverage were DSP runtime",
                both.error_median,
                both.error_worst,
            )
        )
    return tuple(found)


def _point(measured: Measured, simd: int, clock_hz: int) -> Point:
    return Point(
        name=measured.name,
        works=works(measured.graph, simd),
        cycles=measured.ms * clock_hz / 1e3,
        group=measured.group or measured.name,
        noise=sqrt(NOISE[measured.confidence] ** 2 + (measured.resolution / measured.ms) ** 2 / 12),
    )


def _same_layers_together(points: Sequence[Point]) -> list[Point]:
    """Points of the same layers in one group, whoever measured them: left out together, or the error would lie."""
    groups: dict[tuple[object, ...], str] = {}
    layers = [tuple((w.kind, w.array, w.weights, w.bytes) for w in p.works) for p in points]
    copies = Counter(layers)
    return [
        replace(p, group=groups.setdefault(key, p.group), copies=copies[key])
        for p, key in zip(points, layers, strict=True)
    ]


def _row(
    measured: Measured, layers: Sequence[Work], best: Fit, unseen: Fit, left_out: float, target: Target
) -> Row:
    """``left_out`` (cycles) and the interval are those of ``unseen``, a fit without the measurement."""

    def ms(cycles: float) -> float:
        return cycles / target.clock_hz * 1e3

    interval = estimate(measured.graph, target, calibration(unseen))
    depthwise = [w for w in layers if w.kind == "depthwise"]
    return Row(
        measured=measured,
        predicted=ms(total(layers, best.constants)),
        left_out=ms(left_out),
        low=interval.dsp_ms_low,
        high=interval.dsp_ms_high,
        depthwise=ms(total(depthwise, best.constants)),
    )


def calibration(model: Fit, name: str = "fit") -> Calibration:
    """What ``estimate`` needs of a fit."""
    found = model.posterior
    return Calibration(
        found.constants,
        found.prior.names,
        tuple(tuple(map(float, row)) for row in found.covariance),
        found.sigma,
        model.deviations,
        model.error_median,
        len(model.points),
        name,
    )
