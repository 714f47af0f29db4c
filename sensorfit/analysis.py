"""``Analysis``: everything known about one network at one input shape, found in one pass.

    file ─► load ─► lower ─┬─► memory ────────────────┬─► findings, verdict ─► Analysis
                           └─► latency, rules, figures ┘

Every command takes an ``Analysis``; none loads, lowers or verifies a network a second time. The two halves need
nothing of each other: the command line runs them in two processes (``aside``), and each imports what it needs when
it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import onnx

from .errors import ModelError
from .graph import limits
from .graph.channels_last import channels_last
from .graph.ir import Graph
from .graph.load import load
from .graph.lower import lower
from .models.registry import Entry, entry_for, nothing_called
from .runtime.worker import Aside, at_once
from .target import Target
from .units import BYTE

if TYPE_CHECKING:
    from .latency.model import LatencyReport
    from .memory.largest_input import Sized
    from .memory.model import MemoryReport
    from .models.published import Published
    from .report.layer import Layer
    from .report.report import ModelInfo, Report, Verdict
    from .verify.finding import Finding


@dataclass(frozen=True)
class Analysis:
    """One network, analysed for one target at one input shape."""

    source: Path | onnx.ModelProto
    entry: Entry | None
    """Of a built-in model."""
    model: ModelInfo
    target: Target
    graph: Graph
    """Folded and static, with the file's own operators."""
    device_graph: Graph
    """As the sensor runs it: lowered, what is fused fused."""
    memory: MemoryReport
    latency: LatencyReport
    support: Mapping[str, tuple[Finding, ...]]
    """What the rules say of the graph under each profile, in graph order."""
    findings: Mapping[str, tuple[Finding, ...]]
    """These, with what memory and latency add, under each profile: errors first, then by rule, in graph order."""
    published: tuple[Published, ...] = ()
    """Published figures of a built-in model, each with its source."""

    @property
    def fixable(self) -> bool:
        """Whether ``fix`` is a question at all: a file with operators that the converter refuses, or its channels last."""
        refused = (f for f in self.findings["converter"] if f.stops_build)
        return self.entry is None and (any(refused) or bool(channels_last(self.graph)))

    def layers(self) -> tuple[Layer, ...]:
        """What each node takes; needs every step of the memory plan."""
        from .layers import layers

        return layers(self.graph, self.device_graph, self.memory, self.latency, self.target)

    def report(self, profile: str, confirmation: Any = None) -> Report:
        """The answer under ``profile``, heeding the real converter's ``confirmation`` where it was asked."""
        from .convert.installed import other_installed
        from .report.report import Report
        from .version import __version__

        found: Mapping[str, tuple[Finding, ...]] = self.findings
        if confirmation is not None:
            from .verify.confirmation import apply_confirmation

            found = {p: _sorted(apply_confirmation(own, confirmation)) for p, own in found.items()}
        return Report(
            version=__version__,
            model=self.model,
            target=self.target,
            profile=profile,
            verdicts={p: verdict_of(own, self.memory) for p, own in found.items()},
            findings=found[profile],
            memory=self.memory,
            latency=self.latency,
            confirmation=confirmation,
            published=self.published,
            other_converter=other_installed(self.target),
        )


def analyse(
    model: str | Path | onnx.ModelProto,
    target: Target,
    *,
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    calibration: Any = None,
    largest_inputs: bool = False,
    weight_bits: int = BYTE,
    aside: Aside[MemoryReport] = at_once,
) -> Analysis:
    """The analysis of ``model`` (a path, a built-in name or a ModelProto) for ``target``.

    ``input_shapes`` sets an input's shape by name, "" meaning the first. ``calibration`` is a latency calibration
    or its file. ``largest_inputs`` also looks for the largest square and 4:3 inputs that fit. ``weight_bits``: 8, or
    4 or 2 for the bytes that kernels and matrices of so many bits take. ``aside`` begins the
    memory analysis, here or in a process beside this one (``runtime.worker.beside``). Raises ModelError for a file
    or name that cannot be analysed.
    """
    source, entry = resolve(model)
    proto = source if isinstance(source, onnx.ModelProto) else limits.read_model(source)
    name = entry.name if entry else (source.stem if isinstance(source, Path) else proto.graph.name or "model")
    try:
        graph = load(source if isinstance(source, Path) else proto, name, input_shapes, proto=proto)
    except ModelError as error:  # where a built-in graph lies is no matter of the user's
        if entry is None:
            raise
        raise ModelError(str(error).replace(str(source), entry.name)) from error
    device_graph = lower(graph)
    of = (source if isinstance(source, Path) else proto) if largest_inputs else None
    if weight_bits != BYTE:
        from .memory.widths import with_weight_bits

        device_graph = with_weight_bits(device_graph, weight_bits)
    memory_known = aside(lambda: _memory(graph, device_graph, target, input_persistency, of, weight_bits))

    from .description import describe
    from .models.published import published

    return _complete(
        source,
        entry,
        describe(proto, graph, source, entry),
        target,
        graph,
        device_graph,
        memory_known,
        calibration,
        published(entry.name) if entry else (),
    )


class Judgement(NamedTuple):
    """What memory, latency and the rules say of a graph; the fields as in ``Analysis``."""

    memory: MemoryReport
    latency: LatencyReport
    support: Mapping[str, tuple[Finding, ...]]
    findings: Mapping[str, tuple[Finding, ...]]


def judge(graph: Graph, target: Target, *, input_persistency: bool = True) -> Judgement:
    """What ``analyse`` finds, of a canonical graph in hand: for networks that are drawn and not read."""
    device_graph = lower(graph)
    memory = _memory(graph, device_graph, target, input_persistency, None)
    return _judged(graph, device_graph, target, lambda: memory, None)


def at_size(of: Analysis, sized: Sized) -> Analysis:
    """``of``'s network at another input size, which the search for the largest inputs has loaded and laid out."""
    from .description import describe_inputs

    graph, device_graph, memory, _ = sized
    model = replace(of.model, inputs=describe_inputs(graph))
    return _complete(
        of.source, of.entry, model, of.target, graph, device_graph, lambda: memory, None, of.published
    )


def _complete(
    source: Path | onnx.ModelProto,
    entry: Entry | None,
    model: ModelInfo,
    target: Target,
    graph: Graph,
    device_graph: Graph,
    memory_known: Callable[[], MemoryReport],
    calibration: Any,
    published: tuple[Published, ...],
) -> Analysis:
    judged = _judged(graph, device_graph, target, memory_known, calibration)
    return Analysis(
        source=source,
        entry=entry,
        model=model,
        target=target,
        graph=graph,
        device_graph=device_graph,
        published=published,
        **judged._asdict(),
    )


def _judged(
    graph: Graph,
    device_graph: Graph,
    target: Target,
    memory_known: Callable[[], MemoryReport],
    calibration: Any,
) -> Judgement:
    """Latency and rules, while the memory may still be computed beside; then the findings over all of them."""
    from .latency.estimate import estimate
    from .rules import latency as latency_rules
    from .rules import memory as memory_rules
    from .verify.engine import verify_profiles

    latency = estimate(device_graph, target, calibration, graph)
    support = verify_profiles(graph, target)
    memory = memory_known()
    later = (
        *memory_rules.findings(device_graph, memory, target),
        *latency_rules.findings(device_graph, latency, target),
    )
    findings = {p: _sorted((*own, *_after(own, later))) for p, own in support.items()}
    return Judgement(memory, latency, support, findings)


def _after(own: Iterable[Finding], later: Iterable[Finding]) -> Iterable[Finding]:
    """``later``, about bytes and time: of a network that is read otherwise than it is meant they follow from that."""
    from .verify.catalogue import rules

    misread = {r.id for r in rules("graph", "file") if r.misread}
    cause = next((f.rule for f in own if f.rule in misread), "")
    return (replace(f, follows=cause) for f in later) if cause else later


def resolve(model: str | Path | onnx.ModelProto) -> tuple[Path | onnx.ModelProto, Entry | None]:
    """The file or model that ``model`` means, with its entry where it is built in; ModelError when there is none."""
    if isinstance(model, onnx.ModelProto):
        return model, None
    entry = entry_for(model)
    if entry is not None:
        return entry.graph, entry
    if not Path(model).exists():
        raise ModelError(nothing_called(model))
    return Path(model), None


def verdict_of(findings: Iterable[Finding], memory: MemoryReport) -> Verdict:
    """does_not_fit when a finding (an operator, or SF301) says so; fits only when all is known and within the budget,
    as it stands or in the converter's tiles (SF305)."""
    support = {f.support for f in findings}
    if "unsupported" in support:
        return "does_not_fit"
    return "fits" if "unknown" not in support and memory.complete else "unknown"


def _memory(
    graph: Graph,
    device_graph: Graph,
    target: Target,
    input_persistency: bool,
    of: Path | onnx.ModelProto | None,
    weight_bits: int = BYTE,
) -> MemoryReport:
    """The memory half; with the model that ``graph`` was loaded ``of``, also its largest inputs that fit."""
    from .memory.analysis import analyse as analyse_memory

    memory = replace(analyse_memory(device_graph, target, input_persistency), weight_bits=weight_bits)
    if of is None:
        return memory
    from .memory.largest_input import ASPECTS, largest_input
    from .rules.memory import packaged_in_tiles

    sizes = tuple(
        largest_input(
            of,
            graph,
            target,
            aspect,
            input_persistency=input_persistency,
            in_tiles=packaged_in_tiles(target),
            weight_bits=weight_bits,
        ).found
        for aspect in ASPECTS
    )
    return replace(memory, largest_inputs=sizes)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first; within a severity what others follow from, then by rule, in graph order."""
    from .verify.finding import SEVERITIES

    findings = [*findings]
    causes = {f.follows for f in findings}
    return tuple(
        sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.rule not in causes, f.rule))
    )
