"""``check``: one pass from an ONNX file to a Report.

    file ─► load ─► lower ─┬─► memory ────────────────┬─► findings, verdict ─► Report
                           └─► latency, rules, figures ┘

The two halves need nothing of each other: the command line runs them in two processes
(``aside``), and each imports what it needs when it begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

from .errors import ConfigError, ModelError
from .gate.config import PROFILES
from .graph import limits
from .graph.ir import Graph
from .graph.load import QUANTIZER_DOMAIN, load
from .graph.lower import lower
from .graph.shapes import dtype_of, shape_of
from .graph.stored import FLOATS
from .models.registry import Entry, meant, nothing_called
from .runtime.worker import Aside, at_once
from .target import Target, load_target
from .version import __version__

if TYPE_CHECKING:
    from .memory.model import MemoryReport
    from .report.report import ModelInfo, Report, TensorInfo, Verdict
    from .verify.finding import Finding

BUFFERS = {
    "BatchNormalization": (3, 4), "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2), "QLinearConv": (1, 2, 4, 5, 6, 7),
    "QLinearMatMul": (1, 2, 4, 5, 6, 7),
}  # fmt: skip
"""Inputs that are not trained, so not parameters: running statistics, scales and zero points."""
INTEGERS = {
    "DequantizeLinear": (0,), "QLinearConv": (3, 8), "QLinearMatMul": (0, 3), "ConvInteger": (1,), "MatMulInteger": (0, 1),
}  # fmt: skip
"""Inputs that hold trained values as integers."""


def check(
    model: str | Path | onnx.ModelProto,
    *,
    profile: str = "converter",
    target: str = "imx500",
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    confirm: bool = False,
    calibration: Any = None,
    largest_inputs: bool = False,
    aside: Aside[MemoryReport] = at_once,
) -> Report:
    """Will ``model`` run inside the sensor, how fast, and if not, what to change?

    ``model`` is a path, a built-in name ("picosam3") or a ModelProto. ``profile``
    is "converter" (the converter's word) or "picosam" (the papers' constraint
    set). ``input_shapes`` sets an input's shape by name, "" meaning the first.
    ``largest_inputs`` also looks for the largest square and 4:3 inputs that fit.
    ``confirm`` also asks the real converter (extra ``build``). ``aside`` begins
    the memory analysis, here or beside this process (``runtime.worker.beside``). Raises
    ModelError for a file or name that cannot be checked, ConfigError for an
    unknown profile.
    """
    if profile not in PROFILES:
        raise ConfigError(f"there is no profile '{profile}': choose from {', '.join(PROFILES)}")
    device = load_target(target)
    source, entry = resolve(model)
    proto = source if isinstance(source, onnx.ModelProto) else limits.read_model(source)
    name = entry.name if entry else (source.stem if isinstance(source, Path) else proto.graph.name or "model")
    graph = load(source if isinstance(source, Path) else proto, name, input_shapes, proto=proto)
    lowered = lower(graph)
    of = (source if isinstance(source, Path) else proto) if largest_inputs else None
    memory_known = aside(lambda: _memory(lowered, device, input_persistency, of))

    from .latency.estimate import estimate
    from .models.published import published
    from .report.report import Report
    from .rules import latency as latency_rules
    from .rules import memory as memory_rules
    from .verify.engine import verify_profiles

    latency = estimate(lowered, device, calibration, graph)
    support = verify_profiles(graph, device)
    info = _describe(proto, graph, source, entry)
    figures = published(entry.name) if entry else ()
    memory = memory_known()
    later = (
        *memory_rules.findings(lowered, memory, device),
        *latency_rules.findings(lowered, latency, device),
    )
    found = {p: _sorted((*own, *later)) for p, own in support.items()}
    confirmation = None
    if confirm:
        from .convert.frontend import confirm as ask  # the extra `build`
        from .verify.confirmation import apply_confirmation

        judged = (*graph.inputs, *graph.outputs) if input_shapes else ()
        confirmation = ask(source, {name: graph.shape(name) for name in judged})
        found = {p: _sorted(apply_confirmation(own, confirmation)) for p, own in found.items()}
    return Report(
        version=__version__,
        model=info,
        target=device,
        profile=profile,
        verdicts={p: verdict_of(found[p], memory) for p in PROFILES},
        findings=found[profile],
        memory=memory,
        latency=latency,
        confirmation=confirmation,
        published=figures,
    )


def _memory(
    lowered: Graph, device: Target, input_persistency: bool, of: Path | onnx.ModelProto | None
) -> MemoryReport:
    """The memory half; with the model that ``lowered`` was made ``of``, also its largest inputs that fit."""
    from .memory.analysis import analyse

    memory = analyse(lowered, device, input_persistency)
    if of is None:
        return memory
    from .memory.resize import ASPECTS, largest_input
    from .rules.memory import after_tiling

    def in_tiles(sized: Graph, need: MemoryReport) -> bool:
        return after_tiling(sized, need, device) == "supported"

    sizes = tuple(
        largest_input(of, device, aspect, input_persistency=input_persistency, in_tiles=in_tiles)
        for aspect in ASPECTS
    )
    return replace(memory, largest_inputs=sizes)


def verdict_of(findings: Iterable[Finding], memory: MemoryReport) -> Verdict:
    """does_not_fit when a finding (an operator, or SF301) says so; fits only when all is known and within the budget,
    as it stands or in the converter's tiles (SF305)."""
    support = {f.support for f in findings}
    if "unsupported" in support:
        return "does_not_fit"
    return "fits" if "unknown" not in support and memory.complete else "unknown"


def parameters(proto: onnx.ModelProto) -> int:
    """Trained values in the file: elements of float initializers of rank 1 and up and of quantized ones;
    BatchNorm statistics, scales and a quantizer's thresholds left out."""
    nodes = proto.graph.node
    buffers = {n.input[i] for n in nodes for i in BUFFERS.get(n.op_type, ()) if i < len(n.input)}
    buffers |= {t for n in nodes if n.domain == QUANTIZER_DOMAIN for t in n.input[1:]}
    integers = {n.input[i] for n in nodes for i in INTEGERS.get(n.op_type, ()) if i < len(n.input)}
    return sum(
        prod(t.dims)
        for t in proto.graph.initializer
        if t.dims and t.name not in buffers and (t.data_type in FLOATS or t.name in integers)
    )


def resolve(model: str | Path | onnx.ModelProto) -> tuple[Path | onnx.ModelProto, Entry | None]:
    """The file or model that ``model`` means, with its entry where it is built in; ModelError when there is none."""
    if isinstance(model, onnx.ModelProto):
        return model, None
    entry = meant(model)
    if entry is not None:
        return entry.graph, entry
    if not Path(model).exists():
        raise ModelError(nothing_called(model))
    return Path(model), None


def _describe(
    proto: onnx.ModelProto, graph: Graph, source: Path | onnx.ModelProto, entry: Entry | None
) -> ModelInfo:
    import hashlib

    from .report.report import ModelInfo, TensorInfo

    given = {p.key: p.value for p in proto.metadata_props}
    stated = given.get("sensorfit.parameters", "")
    if isinstance(source, Path):
        digest = hashlib.sha256()
        with source.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        sha256 = digest.hexdigest()
    else:
        sha256 = hashlib.sha256(proto.SerializeToString(deterministic=True)).hexdigest()
    return ModelInfo(
        name=graph.name,
        path="" if not isinstance(source, Path) else source.name if entry else str(source),
        sha256=sha256,
        opset=graph.opset,
        inputs=tuple(_input(graph, n) for n in graph.inputs),
        outputs=tuple(TensorInfo(o.name, shape_of(o.type), dtype_of(o.type)) for o in proto.graph.output),
        parameters=int(stated) if entry and stated.isdigit() else parameters(proto),
        nodes=len(proto.graph.node),
        producer=proto.producer_name,
        quantized=graph.quantized,
        title=entry.title if entry else "",
        note=entry.stands_for if entry else "",
    )


def _input(graph: Graph, name: str) -> TensorInfo:
    from .report.report import TensorInfo

    declared, judged = graph.declared_inputs.get(name), graph.shape(name)
    return TensorInfo(name, declared, graph.tensors[name].dtype, judged if judged != declared else None)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first; within a severity, by rule, in graph order."""
    from .verify.finding import SEVERITIES

    return tuple(sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.rule)))
