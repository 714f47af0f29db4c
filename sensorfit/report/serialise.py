"""The report as plain values. Keys are a contract: add, never rename (schema: ``schema.json``)."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from ..latency.model import LatencyReport
from ..memory.model import MemoryReport
from ..models.published import Published
from ..verify.finding import Finding
from .layer import Layer

if TYPE_CHECKING:
    from .report import ModelInfo, Report, TensorInfo

SCHEMA_VERSION: Final = "1.0"


def schema() -> dict[str, Any]:
    """The JSON Schema that ``to_dict`` keeps."""
    return json.loads((resources.files("sensorfit.report") / "schema.json").read_text(encoding="utf-8"))


def to_dict(report: Report, plan: bool = False) -> dict[str, Any]:
    """The contract's object; bytes, hertz, milliseconds."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "sensorfit", "version": report.version},
        "model": _model(report.model, report.latency.macs),
        "target": judged_for(report),
        "verdict": report.verdict,
        "verdicts": dict(report.verdicts),
        "findings": [finding_to_dict(f) for f in report.findings],
        "memory": _memory(report.memory, plan),
        "latency": _latency(report.latency),
        **({"layers": [_layer(layer) for layer in report.layers]} if report.layers else {}),
        "confirmation": asdict(report.confirmation) if is_dataclass(report.confirmation) else None,  # type: ignore[arg-type]
        "published": [_figure(p) for p in report.published],
        "outlook": asdict(report.outlook) if report.outlook is not None else None,
    }


def judged_for(report: Report) -> dict[str, Any]:
    """Device, profile and converter that the answer is about; ``installed`` where another version of it is."""
    return {
        "name": report.target.name,
        "profile": report.profile,
        "converter": report.target.converter,
        **({"installed": report.other_converter} if report.other_converter else {}),
    }


def _figure(published: Published) -> dict[str, Any]:
    """What the source says, the model's name and what it leaves open aside."""
    return {key: value for key, value in asdict(published).items() if key != "model" and value != ""}


def _model(model: ModelInfo, macs: int) -> dict[str, Any]:
    return {
        "name": model.name,
        "path": model.path,
        "sha256": model.sha256,
        "opset": model.opset,
        "producer": model.producer,
        "quantized": model.quantized,
        "batch": model.batch,
        "inputs": [_tensor(t) for t in model.inputs],
        "outputs": [_tensor(t) for t in model.outputs],
        "parameters": model.parameters,
        "macs": macs,
        "nodes": model.nodes,
        "folded_nodes": model.folded,
        **({"takes_shape": list(model.closed)} if model.closed else {}),
        "note": model.note,
        "not_built": model.not_built,
    }


def _tensor(tensor: TensorInfo) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": tensor.name,
        "shape": list(tensor.shape) if tensor.shape is not None else None,
        "dtype": tensor.dtype,
    }
    if tensor.judged is not None and tensor.judged != tensor.shape:
        found["judged_shape"] = list(tensor.judged)
    return found


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    found = asdict(finding)
    del found["family"]  # the beginning of the rule's id says it
    found["shape"] = list(finding.shape) if finding.shape is not None else None
    return found


def _tiling(memory: MemoryReport) -> dict[str, Any] | None:
    tiling = memory.tiling
    if tiling is None:
        return None
    found: dict[str, Any] = {
        "first": tiling.first,
        "last": tiling.last,
        "tiles": tiling.tiles,
        "operators": list(tiling.operators),
    }
    if memory.tiled_total_bytes:
        found["runtime_bytes"] = tiling.runtime_bytes
        found["weights_bytes"] = memory.weights_bytes + tiling.more_weights_bytes
        found["total_bytes"] = memory.tiled_total_bytes
    return found


def _memory(memory: MemoryReport, plan: bool) -> dict[str, Any]:
    peak = memory.steps[memory.peak_step] if 0 <= memory.peak_step < len(memory.steps) else None
    found: dict[str, Any] = {
        "budget_bytes": memory.budget_bytes,
        "weights_bytes": memory.weights_bytes,
        "weight_bits": memory.weight_bits,
        "runtime_bytes": memory.runtime_bytes,
        "input_persistence_bytes": memory.input_persistence_bytes,
        "input_persistency": memory.input_persistency,
        "reserved_bytes": memory.reserved_bytes,
        "total_bytes": memory.total_bytes,
        "headroom_bytes": memory.headroom_bytes,
        "bound_bytes": memory.bound_bytes,
        "fits": memory.fits,
        "complete": memory.complete,
        "peak_node": peak.node if peak else "",
        "live_at_peak": [{"tensor": t.tensor, "bytes": t.bytes, "why": t.why} for t in peak.live]
        if peak
        else [],
        "tiling": _tiling(memory),
        "notes": list(memory.notes),
    }
    if plan:
        found["plan"] = [
            {"node": s.node, "op": s.op, "bytes": s.bytes, "live": [t._asdict() for t in s.live]}
            for s in memory.steps
        ]
        found["plan_bytes"] = memory.plan_bytes
        found["culprits"] = [c._asdict() for c in memory.culprits]
        found["padding"] = [p._asdict() for p in memory.padding]
        found["largest_inputs"] = [i._asdict() for i in memory.largest_inputs]
    return found


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        **layer._asdict(),
        "shape": list(layer.shape) if layer.shape is not None else None,
        "reads": list(layer.reads),
    }


def _latency(latency: LatencyReport) -> dict[str, Any]:
    return {
        "macs": latency.macs,
        "cycles": latency.cycles,
        "macs_per_cycle": round(latency.macs_per_cycle, 3),
        "mac_units": latency.mac_units,
        "clock_hz": latency.clock_hz,
        "dsp_ms": round(latency.dsp_ms, 4),
        "dsp_ms_low": round(latency.dsp_ms_low, 4),
        "dsp_ms_high": round(latency.dsp_ms_high, 4),
        "basis": latency.basis,
        "calibration": latency.calibration,
        "measurements": latency.measurements,
        "error_median": latency.error_median,
        "complete": latency.complete,
        "elements": latency.elements,
        "layers": [
            {"node": c.node, "op": c.op, "kind": c.kind, "macs": c.macs, "cycles": c.cycles, "hint": c.hint}
            for c in latency.layers
        ],
        "notes": list(latency.notes),
    }
