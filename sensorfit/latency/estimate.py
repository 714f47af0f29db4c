"""The DSP runtime of a device graph: layers, total, interval, and what widens it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..graph.ir import Graph
from ..target import Target
from .advice import advise, hint
from .calibration import Calibration, cost_model, shipped
from .cycles import terms
from .macs import total_macs
from .model import LatencyReport, LayerCost
from .work import Work, works

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
    forms = [terms(layer, model.constants) for layer in layers]
    costs = [form.cycles(model.constants) for form in forms]
    low, high, notes = _interval(layers, costs, facts["widening"])
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
        dsp_ms_low=low / model.spread / target.clock_hz * 1e3,
        dsp_ms_high=high * model.spread / target.clock_hz * 1e3,
        layers=tuple(
            LayerCost(w.node, w.op, w.macs, round(c), w.kind, hints.get(w.node, ""), w.elements, f.bound)
            for w, c, f in zip(layers, costs, forms, strict=True)
        ),
        notes=notes,
        advice=advice,
        complete=not missing,
        calibration=model.name,
        measurements=model.measurements,
        error_median=model.error_median,
    )


def _interval(
    layers: Iterable[Work], costs: Iterable[float], widening: Mapping[str, Any]
) -> tuple[float, float, tuple[str, ...]]:
    """Cycles at the low and the high end before the model's own error, and a note for each kind that widens them."""
    by_kind: dict[str, float] = {}
    for layer, cost in zip(layers, costs, strict=True):
        by_kind[layer.kind] = by_kind.get(layer.kind, 0.0) + cost
    whole = sum(by_kind.values())
    low = high = 0.0
    notes = []
    for kind, cost in sorted(by_kind.items(), key=lambda item: -item[1]):
        entry = widening.get(kind, {"factors": [1.0, 1.0], "why": ""})
        below, above = entry["factors"]
        low, high = low + cost * below, high + cost * above
        if above > 1 and whole and cost >= 0.005 * whole:  # nothing counted, nothing to widen
            notes.append(
                f"{WORDS.get(kind, kind)}: {cost / whole:.0%} of the estimate, taken between {below:g} and {above:g} times; "
                f"{entry['why']}"
            )
    return low, high, tuple(notes)


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
