"""The DSP runtime of a device graph: layers, total, interval, and what widens it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import exp
from pathlib import Path
from typing import Any, NamedTuple

from ..graph.ir import Graph
from ..target import Target
from .advice import advise, hint
from .calibration import Calibration, cost_model, shipped
from .cycles import cost
from .macs import total_macs
from .model import LatencyReport, LayerCost
from .parameters import NINE_IN_TEN
from .work import Work, works

WORTH_A_NOTE = 0.005
"""Share of the estimate below which a kind's uncertainty is lost in the rest."""
POORLY = 1.2
"""A kind's cost that is known within this factor is no reason for a note."""
MANY = 3
"""Nodes named in a note before it says "and n more"."""


def estimate(
    graph: Graph,
    target: Target,
    calibration: str | Path | Calibration | None = None,
    source: Graph | None = None,
) -> LatencyReport:
    """MACs, cycles and DSP runtime of ``graph``, a device graph (``lower``'s).

    ``calibration`` is a file that ``sensorfit calibrate`` wrote, None for the
    shipped one; ConfigError when it is not such a file. ``source`` is the graph
    that ``graph`` was lowered from; with it, ``macs`` counts the file's operators.
    Never fails on a graph: what cannot be counted is named in ``notes`` and
    ``complete`` is False.
    """
    if calibration is None:
        model = shipped(target)
    elif isinstance(calibration, Calibration):
        model = calibration
    else:
        from .calibration_file import read_calibration

        model = read_calibration(calibration, target)
    facts = cost_model(target)
    layers = works(graph, model.constants.simd)
    parts = [cost(layer, model.constants) for layer in layers]
    costs = [part.cycles for part in parts]
    low, high = model.interval(layers, parts)
    notes = _notes(layers, costs, model, facts["prior"])
    missing = [w for w in layers if not w.known]
    if missing:
        notes = (_missing(missing), *notes)
    advice = advise(graph, layers, costs, model.constants, facts["advice"])
    hints = {a.node: hint(a, target) for a in advice}
    return LatencyReport(
        macs=total_macs(source or graph)[0],
        cycles=round(sum(costs)),
        clock_hz=target.clock_hz,
        mac_units=target.mac_units,
        dsp_ms_low=low / target.clock_hz * 1e3,
        dsp_ms_high=high / target.clock_hz * 1e3,
        layers=tuple(
            LayerCost(
                w.node,
                w.op,
                w.macs,
                round(f.cycles),
                w.kind,
                hints.get(w.node, ""),
                w.elements,
                f.bound,
                *map(round, model.interval([w], [f])),
            )
            for w, f in zip(layers, parts, strict=True)
        ),
        notes=notes,
        advice=advice,
        complete=not missing,
        calibration=model.name,
        measurements=model.measurements,
        error_median=model.error_median,
    )


class Figures(NamedTuple):
    """Those of a whole network."""

    macs: int
    ms: float
    ms_low: float
    ms_high: float
    complete: bool


def figures(graph: Graph, target: Target, source: Graph) -> Figures:
    """What ``estimate`` says of the network, without its layers, notes and advice."""
    model = shipped(target)
    layers = works(graph, model.constants.simd)
    parts = [cost(layer, model.constants) for layer in layers]
    cycles = round(sum(part.cycles for part in parts))
    ms, low, high = (c / target.clock_hz * 1e3 for c in (cycles, *model.interval(layers, parts)))
    return Figures(total_macs(source)[0], ms, low, high, all(w.known for w in layers))


def _notes(
    layers: Iterable[Work], costs: Iterable[float], model: Calibration, before: Mapping[str, Any]
) -> tuple[str, ...]:
    """A note for each kind that matters here and whose own cost is not well known."""
    by_kind: dict[str, float] = {}
    for layer, spent in zip(layers, costs, strict=True):
        by_kind[layer.kind] = by_kind.get(layer.kind, 0.0) + spent
    whole = sum(by_kind.values())
    notes = []
    for kind, spent in sorted(by_kind.items(), key=lambda item: -item[1]):
        if kind not in model.constants.factors or spent < WORTH_A_NOTE * whole or not whole:
            continue
        error = exp(NINE_IN_TEN * model.known(kind))
        if error >= POORLY:
            notes.append(
                f"{WORDS.get(kind, kind)}: {spent / whole:.0%} of the estimate, known within a factor of {error:.2g}; "
                f"{before[kind]['why']}"
            )
    return tuple(notes)


WORDS = {
    "depthwise": "depthwise convolution",
    "fully_connected": "fully connected layers",
    "elementwise": "element-wise operators",
    "pooling": "pooling and reductions",
    "resample": "nearest-neighbour resizing",
    "interpolate": "interpolated resizing",
    "movement": "data movement",
    "normalization": "normalization and softmax",
    "grouped": "grouped convolution",
    "transposed": "transposed convolution",
    "matmul": "products of two activations",
    "recurrent": "recurrent layers",
}
"""Layer kinds in the reader's words."""


def _missing(layers: list[Work]) -> str:
    names = ", ".join(f"{w.node} ({w.op})" for w in layers[:MANY])
    more = f" and {len(layers) - MANY} more" if len(layers) > MANY else ""
    return f"not counted, because a shape is unknown or no cost model exists: {names}{more}"
