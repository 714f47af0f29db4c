"""An explanation as a JSON object: the figures under the names ``check --format json`` gives them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ...explanation.model import Page, Part
from ...report.serialise import judged_for
from .phrases import front_end_notes, objections

SCHEMA_VERSION = "1.2"
SLOWEST = 3
"""Layers listed, those that take most of the time."""


def to_dict(page: Page) -> dict[str, Any]:
    """The object; parts hold a check's key figures, not its whole report."""
    return {
        "schema_version": SCHEMA_VERSION,
        "model": {"name": page.model, "title": page.title, "note": page.note},
        "target": judged_for(page.parts[0].report),
        "profile": page.profile,
        "verdict": page.verdict,
        "verdicts": dict(page.verdicts),
        "headline": page.headline,
        "reasons": list(page.reasons),
        "parts": [_part(part) for part in page.parts],
        "together": {**asdict(page.together), "fits": page.together.fits} if page.together else None,
        "lifts": [asdict(what_if) for what_if in page.what_ifs],
        "instead": _instead(page),
        "published": [asdict(p) for p in page.published],
        "converted": {
            taken.name: {
                **asdict(taken.answer),
                "predicted_total_bytes": taken.total_bytes,
                "predicted_runtime_bytes": taken.runtime_bytes,
                "shiftable_activations": taken.shiftable,
            }
            for taken in page.converted
        },
        "converter": page.converter,
        "caveats": list(page.caveats),
    }


def _part(part: Part) -> dict[str, Any]:
    report = part.report.to_dict()
    memory = {
        k: v
        for k, v in report["memory"].items()
        if k.endswith("_bytes") or k in ("fits", "complete", "peak_node")
    }
    layers = sorted(part.report.latency.layers, key=lambda layer: -layer.cycles)[:SLOWEST]
    slowest = [{"node": layer.node, "op": layer.op, "cycles": layer.cycles} for layer in layers]
    latency = {k: v for k, v in report["latency"].items() if not isinstance(v, (list, dict))}
    return {
        "name": part.name,
        "label": part.label,
        "model": report["model"],
        "verdicts": dict(part.report.verdicts),
        "memory": {**memory, "weights_4bit_bytes": part.weights_4bit_bytes},
        "latency": {**latency, "slowest_layers": slowest},
        "nodes": part.nodes,
        "operators": dict(part.operators),
        "refused": [asdict(g) for g in part.refused],
        "graph_refused": [asdict(g) for g in part.graph_refused],
        "flagged": [asdict(g) for g in part.flagged],
        "unknown": [asdict(g) for g in part.unknown],
        "graph_unknown": [asdict(g) for g in part.graph_unknown],
        "notes": [*(one.note for one in objections(part) if one.note), *front_end_notes(part)],
        "refused_nodes": part.refused_nodes,
        "unknown_nodes": part.unknown_nodes,
        "largest_tensor": asdict(part.largest) if part.largest else None,
        "foreign_inputs": [asdict(g) for g in part.foreign_inputs],
        "front_end": [{**asdict(a), "reasons": dict(a.reasons)} for a in part.front_end],
    }


def _instead(page: Page) -> dict[str, Any] | None:
    if page.contrast is None:
        return None
    report = page.contrast.report
    return {
        "model": report.model.name,
        "verdict": report.verdict,
        "parameters": report.model.parameters,
        "macs": report.latency.macs,
        "total_bytes": report.memory.total_bytes,
        "operators": dict(page.contrast.operators),
        "said": [{"text": text, "source": source} for text, source in page.contrast.said],
    }
