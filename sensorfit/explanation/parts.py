"""One network of a model, checked, with its findings in groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..api import check
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.lower import lower
from ..memory.analysis import analyse, shiftable
from ..memory.layout import load_memory_facts
from ..memory.weights import whole_constant_bytes
from ..models import evidence
from ..models.registry import meant
from ..target import Target
from ..verify.engine import verify
from ..verify.finding import Finding
from .blocks import block, ranges, shape_of, spread
from .model import Group, Part
from .structure import foreign_inputs, largest, operators

STRICT = "picosam"
"""The profile of the papers' constraint set."""
LOW_BITS = 4
_MEMORY, _LATENCY, _GRAPH = "SF3", "SF4", "SF5"


def part(
    name: str,
    target: Target,
    profile: str = "converter",
    input_persistency: bool = True,
    given: frozenset[str] = frozenset(),
    input_shapes: Mapping[str, Iterable[int]] | None = None,
) -> Part:
    """One network, checked under ``profile``; ``given`` are inputs that another network writes.

    ``input_shapes`` as of ``check``; what the front end said was about the graph's own shapes.
    """
    report = check(name, profile=profile, input_persistency=input_persistency, input_shapes=input_shapes)
    entry = meant(name)
    graph = load(entry.graph if entry else name, report.model.name, input_shapes)
    lowered = lower(graph)
    found = report.findings
    strict = verify(graph, target, STRICT)
    return Part(
        name=name,
        label=(entry and name.partition("/")[2]) or report.model.name,
        report=report,
        operators=operators(graph),
        refused=groups(f for f in found if f.support == "unsupported" and _about_operators(f)),
        graph_refused=groups(f for f in found if f.support == "unsupported" and _about_graph(f)),
        graph_unknown=groups(f for f in found if f.support == "unknown" and _about_graph(f)),
        flagged=groups(
            f for f in strict if f.support == "unsupported" and _about_operators(f) and not _among(f, found)
        ),
        unknown=groups(f for f in found if f.support == "unknown" and _about_operators(f)),
        largest=largest(graph),
        weights_4bit_bytes=weights_at(lowered, target, LOW_BITS),
        foreign_inputs=foreign_inputs(graph, target, given),
        refused_nodes=len({f.node for f in found if f.support == "unsupported" and _about_operators(f)}),
        unknown_nodes=len({f.node for f in found if f.support == "unknown" and _about_operators(f)}),
        refused_operators=_by_operator(found, "unsupported"),
        unknown_operators=_by_operator(found, "unknown"),
        constant_bytes=whole_constant_bytes(lowered, load_memory_facts(target.name)),
        shiftable=sum(shiftable(lowered, load_memory_facts(target.name)).values()),
        front_end=evidence.front_end(entry.graph.stem) if entry and not input_shapes else (),
    )


def groups(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Findings grouped by rule, operator and reason, in order of appearance.

    Reasons that differ in numbers alone ("batch dim 25", "batch dim 100") are one.
    """
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.rule, finding.op, shape_of(finding.reason or finding.message)), []).append(
            finding
        )
    return tuple(
        Group(
            rule=rule,
            op=op,
            reason=spread(f.reason or f.message for f in members),
            fix=members[0].fix,
            count=len({f.node for f in members}),
            nodes=tuple(dict.fromkeys(f.node for f in members if f.node)),
            blocks=ranges(dict.fromkeys(block(f.node) for f in members if f.node)),
            support=members[0].support,
            basis=members[0].basis,
            evidence=members[0].evidence,
            code=members[0].converter_code,
        )
        for (rule, op, _), members in found.items()
    )


def weights_at(lowered: Graph, target: Target, bits: int) -> int:
    """Bytes of the weights of a device graph were every multi-dimensional constant stored in ``bits``, or fewer where it is already."""
    tensors = {
        name: replace(t, bits=min(t.bits or bits, bits))
        if t.constant and t.dtype.startswith("float") and len(t.shape or ()) > 1
        else t
        for name, t in lowered.tensors.items()
    }
    return analyse(lowered.replace(tensors=tensors), target).weights_bytes


def _about_operators(finding: Finding) -> bool:
    return bool(finding.node) and not finding.rule.startswith((_MEMORY, _LATENCY, _GRAPH))


def _about_graph(finding: Finding) -> bool:
    return not _about_operators(finding) and not finding.rule.startswith((_MEMORY, _LATENCY))


def _among(finding: Finding, refused: Sequence[Finding]) -> bool:
    return any(
        f.support == "unsupported" and (f.rule, f.node) == (finding.rule, finding.node) for f in refused
    )


def _by_operator(found: Iterable[Finding], support: str) -> tuple[str, ...]:
    """``MatMul (60)`` for each operator; a node that several findings name counts once."""
    nodes: dict[str, set[str]] = {}
    for one in found:
        if one.support == support and _about_operators(one):
            nodes.setdefault(one.op or one.rule, set()).add(one.node)
    return tuple(f"{op} ({len(names)})" for op, names in nodes.items())
