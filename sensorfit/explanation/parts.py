"""One network of a model, checked, with its findings in groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..analysis import Analysis
from ..graph.ir import Graph
from ..memory.analysis import analyse, shiftable
from ..memory.layout import load_memory_facts
from ..memory.weights import whole_constant_bytes
from ..memory.widths import with_weight_bits
from ..models import evidence
from ..target import Target
from ..verify.finding import Finding, stopped_nodes
from ..verify.profiles import STRICT
from .blocks import block, ranges, shape_of, spread
from .model import Part, ReasonGroup
from .structure import foreign_inputs, largest, operators

LOW_BITS = 4


def part(
    name: str,
    of: Analysis,
    profile: str = "converter",
    given: frozenset[str] = frozenset(),
    resized: bool = False,
) -> Part:
    """One network, judged under ``profile``; ``given`` are inputs that another network writes.

    ``resized``: at another input shape than its own, of which the front end was not asked.
    """
    report, entry, target, facts = of.report(profile), of.entry, of.target, load_memory_facts(of.target)
    found, strict = report.findings, of.support[STRICT]
    return Part(
        name=name,
        label=(entry and name.partition("/")[2]) or report.model.name,
        report=report,
        operators=operators(of.graph),
        refused=groups(f for f in found if f.support == "unsupported" and f.about_operator),
        graph_refused=groups(f for f in found if f.support == "unsupported" and f.about_graph),
        graph_unknown=groups(f for f in found if f.support == "unknown" and f.about_graph),
        flagged=groups(
            f for f in strict if f.support == "unsupported" and f.about_operator and not _among(f, found)
        ),
        unknown=groups(f for f in found if f.support == "unknown" and f.about_operator),
        largest=largest(of.graph),
        weights_4bit_bytes=weights_at(of.device_graph, target, LOW_BITS),
        foreign_inputs=foreign_inputs(of.graph, target, given),
        refused_nodes=len(stopped_nodes(found)),
        unknown_nodes=len({f.node for f in found if f.support == "unknown" and f.about_operator}),
        refused_operators=_by_operator(found, "unsupported"),
        unknown_operators=_by_operator(found, "unknown"),
        constant_bytes=whole_constant_bytes(of.device_graph, facts),
        shiftable=sum(shiftable(of.device_graph, facts).values()),
        front_end=evidence.front_end(entry.graph.stem, target) if entry and not resized else (),
    )


def groups(findings: Iterable[Finding]) -> tuple[ReasonGroup, ...]:
    """Findings grouped by rule, operator and reason, in order of appearance.

    Reasons that differ in numbers alone ("batch dim 25", "batch dim 100") are one.
    """
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.rule, finding.op, shape_of(finding.reason or finding.message)), []).append(
            finding
        )
    return tuple(
        ReasonGroup(
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
    return analyse(with_weight_bits(lowered, bits), target).weights_bytes


def _among(finding: Finding, refused: Sequence[Finding]) -> bool:
    return any(
        f.support == "unsupported" and (f.rule, f.node) == (finding.rule, finding.node) for f in refused
    )


def _by_operator(found: Iterable[Finding], support: str) -> tuple[str, ...]:
    """``MatMul (60)`` for each operator; a node that several findings name counts once."""
    nodes: dict[str, set[str]] = {}
    for one in found:
        if one.support == support and one.about_operator:
            nodes.setdefault(one.op or one.rule, set()).add(one.node)
    return tuple(f"{op} ({len(names)})" for op, names in nodes.items())
