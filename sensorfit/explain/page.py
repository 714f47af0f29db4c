"""``explain``: the checks of a model's parts, read together.

    name ─► parts (encoder, decoder; at 96x96 too) ─► check each ─► reasons ─► what remains if each is lifted

Every sentence is built from the reports and the graphs; nothing is said about
a model that its graph does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..api import check
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.lower import lower
from ..memory.analysis import analyse
from ..models import evidence
from ..models.evidence import Converted
from ..models.published import published
from ..models.registry import Entry, find, meant
from ..report.report import Report
from ..report.words import batch_words, counted
from ..target import Target, load_target
from ..units import show_bytes, show_shape
from ..verify.engine import verify
from ..verify.finding import Finding
from .blocks import block, ranges, shape_of, spread
from .lifts import lifts, mebibytes, together, weights_form
from .model import REFUSER, Contrast, Group, Page, Part, Sum
from .structure import foreign_inputs, largest, operators

EXAMPLE = "picosam3"
"""The model that fits, which a page about another one is contrasted with."""
STRICT = "picosam"
"""The profile of the papers' constraint set."""
LOW_BITS = 4
_MEMORY, _LATENCY, _GRAPH = "SF3", "SF4", "SF5"
_SEVERITY = {"fits": 0, "unknown": 1, "does_not_fit": 2}

SAID = (
    (
        "The prompt is no input: the sensor crops to a region of interest and the network segments what stands in its middle.",
        "arXiv 2506.18807 (fixed-point prompt encoding); README of pbonazzi/picosam3 (the sensor crops to the drawn box)",
    ),
    (
        "The backbone is a dense convolutional U-Net; what attention there is gates channels.",
        "arXiv 2603.11917, abstract",
    ),
    (
        "The large models are the teachers, not the network: it is distilled from SAM 2 and SAM 3.",
        "arXiv 2603.11917, abstract",
    ),
)


def explain(model: str | Path, profile: str = "converter", input_persistency: bool = True) -> Page:
    """The page of ``model``: a built-in name ("tinysam"), a part of one ("tinysam/decoder") or a file.

    Raises ModelError and ConfigError as ``check`` does.
    """
    entry = meant(model)
    target = load_target()
    names = own_parts(entry)
    parts = _parts(names or (str(model),), target, profile, input_persistency)
    others = tuple(name for name in (entry.parts if entry else ()) if name not in names)
    smaller = _parts(others, target, profile, input_persistency)
    whole = together(parts) if len(parts) > 1 else None
    verdicts = {p: worst(x.report.verdicts[p] for x in parts) for p in parts[0].report.verdicts}
    title = entry.title if entry else parts[0].report.model.name
    return Page(
        model=entry.name if entry else str(model),
        title=title,
        note=(entry.note if entry.parts else entry.stands_for) if entry else "",
        profile=profile,
        verdicts=verdicts,
        headline=_headline(title, verdicts[profile], target),
        reasons=_reasons(parts, whole, target),
        parts=parts,
        together=whole,
        lifts=() if verdicts[profile] == "fits" else lifts(parts, smaller),
        contrast=None if entry and entry.name == EXAMPLE else contrast(profile, input_persistency),
        published=published(entry.name) if entry else (),
        converted=_converted((*parts, *smaller)),
        converter=evidence.converter(),
        caveats=_caveats(entry, parts),
    )


def _parts(names: Sequence[str], target: Target, profile: str, input_persistency: bool) -> tuple[Part, ...]:
    """The networks called ``names``; what an earlier one writes is no foreign input of a later one."""
    written: frozenset[str] = frozenset()
    found = []
    for name in names:
        one = part(name, target, profile, input_persistency, written)
        written |= {o.name for o in one.report.model.outputs}
        found.append(one)
    return tuple(found)


def part(
    name: str,
    target: Target,
    profile: str = "converter",
    input_persistency: bool = True,
    given: frozenset[str] = frozenset(),
) -> Part:
    """One network, checked under ``profile``; ``given`` are inputs that another network writes."""
    report = check(name, profile=profile, input_persistency=input_persistency)
    entry = meant(name)
    graph = load(entry.graph if entry else name, report.model.name)
    found = report.findings
    strict = verify(graph, target, STRICT)
    return Part(
        name=name,
        label=(entry and name.partition("/")[2]) or report.model.name,
        report=report,
        operators=operators(graph),
        refused=groups(f for f in found if f.support == "unsupported" and _about_operators(f)),
        graph_refused=groups(f for f in found if f.support == "unsupported" and _about_graph(f)),
        flagged=groups(
            f for f in strict if f.support == "unsupported" and _about_operators(f) and not _among(f, found)
        ),
        unknown=groups(f for f in found if f.support == "unknown" and _about_operators(f)),
        largest=largest(graph),
        weights_4bit_bytes=weights_at(graph, target, LOW_BITS),
        foreign_inputs=foreign_inputs(graph, target, given),
        refused_nodes=len({f.node for f in found if f.support == "unsupported" and _about_operators(f)}),
        unknown_nodes=len({f.node for f in found if f.support == "unknown" and _about_operators(f)}),
        refused_operators=_by_operator(found, "unsupported"),
        unknown_operators=_by_operator(found, "unknown"),
        front_end=evidence.front_end(entry.graph.stem) if entry else (),
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
            blocks=ranges(dict.fromkeys(block(f.node) for f in members if f.node)),
            support=members[0].support,
            basis=members[0].basis,
            evidence=members[0].evidence,
            code=members[0].converter_code,
        )
        for (rule, op, _), members in found.items()
    )


def contrast(profile: str, input_persistency: bool) -> Contrast:
    """What the authors of the model that fits did instead."""
    report = check(EXAMPLE, profile=profile, input_persistency=input_persistency)
    entry = find(EXAMPLE)
    assert entry is not None
    return Contrast(report, operators(load(entry.graph, EXAMPLE)), SAID)


def own_parts(entry: Entry | None) -> tuple[str, ...]:
    """The parts of a built-in model at its own size; () for a single network."""
    return tuple(name for name in entry.parts if "@" not in name) if entry else ()


def _converted(parts: Sequence[Part]) -> tuple[tuple[str, Converted, int], ...]:
    built_in = [(p, meant(p.name)) for p in parts]
    answers = [(p, evidence.converted(found.graph.stem)) for p, found in built_in if found]
    return tuple((p.name, answer, p.report.memory.total_bytes) for p, answer in answers if answer)


def _about_operators(finding: Finding) -> bool:
    return bool(finding.node) and not finding.rule.startswith((_MEMORY, _LATENCY, _GRAPH))


def _about_graph(finding: Finding) -> bool:
    return not _about_operators(finding) and not finding.rule.startswith((_MEMORY, _LATENCY))


def _among(finding: Finding, refused: Sequence[Finding]) -> bool:
    return any(
        f.support == "unsupported" and (f.rule, f.node) == (finding.rule, finding.node) for f in refused
    )


def weights_at(graph: Graph, target: Target, bits: int) -> int:
    """Bytes of the weights were every multi-dimensional constant stored in ``bits``, or fewer where it is already."""
    lowered = lower(graph)
    tensors = {
        name: replace(t, bits=min(t.bits or bits, bits))
        if t.constant and t.dtype.startswith("float") and len(t.shape or ()) > 1
        else t
        for name, t in lowered.tensors.items()
    }
    return analyse(lowered.replace(tensors=tensors), target).weights_bytes


def worst(verdicts: Iterable[str]) -> str:
    """The verdict of a whole whose parts have ``verdicts``."""
    return max(verdicts, key=lambda v: _SEVERITY[v])


def _headline(title: str, verdict: str, target: Target) -> str:
    where = target.name.upper()
    return {
        "fits": f"{title} fits the {where}.",
        "does_not_fit": f"{title} does not fit the {where}.",
        "unknown": f"Whether {title} fits the {where} is not known.",
    }[verdict]


def _reasons(parts: Sequence[Part], whole: Sum | None, target: Target) -> tuple[str, ...]:
    found: list[str] = []
    for item in parts:
        report = item.report
        who = f"The {item.label}" if len(parts) > 1 else "The network"
        if item.refused:
            count = ", ".join(item.refused_operators)
            found.append(
                f"{who} has {counted(item.refused_nodes, 'node')} that {REFUSER[report.profile]} refuses in the form used: {count}."
            )
        if item.unknown:
            count = ", ".join(item.unknown_operators)
            found.append(f"{who} has {counted(item.unknown_nodes, 'node')} that nobody has tried: {count}.")
        found += [f"{who} is refused as a whole: {g.reason} ({g.rule})." for g in item.graph_refused]
        found += [f"{who} needs more than {_over(report)}."] if not item.has_room else []
        found += _too_large(who, item) if not item.has_room else []
        found += [f"{who} takes {g.form}; {g.why}." for g in item.foreign_inputs if g.kind == "size"]
        if others := [g.form for g in item.foreign_inputs if g.kind == "other"]:
            found.append(f"{who} takes inputs that the sensor does not deliver: {', '.join(others)}.")
    if whole and whole.weights_bytes > whole.budget_bytes:
        each = ", ".join(f"{p.label} {mebibytes(p.report.memory.weights_bytes)}" for p in parts)
        found.append(
            f"The weights of all parts {weights_form(parts)} ({each}, together {mebibytes(whole.weights_bytes)}) exceed the budget "
            f"of {mebibytes(whole.budget_bytes)} before any activation is counted."
        )
    elif whole and len(parts) > 1 and not whole.fits and all(p.has_room for p in parts):
        found.append(
            f"The parts fit one by one, but not together: {show_bytes(whole.total_bytes)} of {show_bytes(whole.budget_bytes)}."
        )
    return tuple(found)


def _too_large(who: str, item: Part) -> list[str]:
    """A sentence when one tensor alone exceeds the budget."""
    budget = item.report.memory.budget_bytes
    if item.largest is None or item.largest.bytes <= budget:
        return []
    return [
        f"{who}'s largest tensor, {show_shape(item.largest.shape)}, takes {mebibytes(item.largest.bytes)} {item.largest.form} without padding: "
        f"{item.largest.bytes / budget:.1f} times the budget by itself."
    ]


def _over(report: Report) -> str:
    memory = report.memory
    return (
        f"the budget of {show_bytes(memory.budget_bytes)}: {show_bytes(memory.total_bytes)}, "
        f"of which weights {show_bytes(memory.weights_bytes)}, the peak of its activations {show_bytes(memory.runtime_bytes)}, "
        f"the kept input and the reserved block {show_bytes(memory.total_bytes - memory.weights_bytes - memory.runtime_bytes)}"
        + _tiles(report)
    )


def _tiles(report: Report) -> str:
    """What the converter's tiles change about that."""
    if any(f.rule == "SF301" and f.support == "unknown" for f in report.findings):
        return "; the converter cuts rows into tiles, which may bring it under"
    total = report.memory.tiled_total_bytes
    if total > report.memory.budget_bytes:
        return f"; in the tiles of rows that the converter would cut still {show_bytes(total)}"
    return ""


def _by_operator(found: Iterable[Finding], support: str) -> tuple[str, ...]:
    """``MatMul (60)`` for each operator; a node that several findings name counts once."""
    nodes: dict[str, set[str]] = {}
    for one in found:
        if one.support == support and _about_operators(one):
            nodes.setdefault(one.op or one.rule, set()).add(one.node)
    return tuple(f"{op} ({len(names)})" for op, names in nodes.items())


def _caveats(entry: Entry | None, parts: Sequence[Part]) -> tuple[str, ...]:
    notes = dict.fromkeys(note for item in parts for note in item.report.memory.notes)
    found = [
        "Milliseconds are an estimate; the interval comes from the cost model's own errors on measured networks, "
        "none of which is a transformer or takes more than 8 MiB."
    ]
    if entry and entry.parts:
        found.append(
            "The graphs are built from permissively licensed packages with random weights: structure, not accuracy."
        )
    if entry and any("@" in name for name in entry.parts):
        found.append(
            "The 96x96 graphs are variants of ours: the published code takes 1024x1024 alone, and nobody published an accuracy at 96x96."
        )
    found += [f"{part.label}: {words}." for part in parts if (words := batch_words(part.report.model))]
    return (*found, *notes)
