"""What stands in the way of a model, as sentences with their numbers, and the headline over them."""

from __future__ import annotations

from collections.abc import Sequence

from ..report.phrases import counted
from ..report.report import Report
from ..target import Target
from ..units import show_bytes, show_shape
from .model import REFUSER, Part, Sum
from .what_if import mebibytes, weights_form

OTHER_INPUTS = "leave the part that needs them to the host, or make constants of them"
"""The way out of an input that is no image of the sensor."""


def headline(title: str, verdict: str, parts: Sequence[Part], target: Target) -> str:
    """The verdict as a sentence; what the sensor cannot feed does not fit, whatever the converter accepts."""
    where = target.title
    if verdict != "does_not_fit" and any(part.foreign_inputs for part in parts):
        accepted = (
            f"{'The converter accepts' if verdict == 'fits' else 'Whether the converter accepts'} {title}"
        )
        return f"{accepted}{',' if verdict == 'fits' else ' is not known,'} but the {where} cannot feed it."
    return {
        "fits": f"{title} fits the {where}.",
        "does_not_fit": f"{title} does not fit the {where}.",
        "unknown": f"Whether {title} fits the {where} is not known.",
    }[verdict]


def reasons(parts: Sequence[Part], whole: Sum | None) -> tuple[str, ...]:
    """Each thing that stands in the way; () where nothing does."""
    found: list[str] = []
    for item in parts:
        report = item.report
        who = f"The {item.label}" if len(parts) > 1 else "The network"
        if wrong := next((f for f in report.findings if f.invalid), None):
            found.append(f"'{wrong.node}' ({wrong.op}, {wrong.rule}): {wrong.fix}.")
        if item.refused:
            count = ", ".join(item.refused_operators)
            found.append(
                f"{who} has {counted(item.refused_nodes, 'node')} that {REFUSER[report.profile]} refuses in the form used: {count}."
            )
        if item.unknown:
            count = ", ".join(item.unknown_operators)
            found.append(f"{who} has {counted(item.unknown_nodes, 'node')} that nobody has tried: {count}.")
        found += [f"{who} is refused as a whole: {g.reason} ({g.rule}); {g.fix}." for g in item.graph_refused]
        found += [
            f"{who} as a whole is uncertain: {g.reason} ({g.rule}); {g.fix}." for g in item.graph_unknown
        ]
        found += [
            f"{who} takes at least {mebibytes(report.memory.total_bytes)}, and {f.reason} ({f.rule}); {f.fix}."
            for f in report.findings
            if f.about_memory and f.support == "unknown" and item.has_room
        ]
        found += [f"{who} needs more than {_over(report)}."] if not item.has_room else []
        found += _too_large(who, item) if not item.has_room else []
        found += [f"{who} takes {g.form}; {g.why}." for g in item.foreign_inputs if g.kind == "size"]
        if others := [g.form for g in item.foreign_inputs if g.kind == "other"]:
            found.append(
                f"{who} takes inputs that the sensor does not deliver: {', '.join(others)}; {OTHER_INPUTS}."
            )
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
    rounded = mebibytes(memory.total_bytes), mebibytes(memory.budget_bytes)
    total, budget = (
        rounded if len({*rounded}) > 1 else map(show_bytes, (memory.total_bytes, memory.budget_bytes))
    )
    return (
        f"the budget of {budget}: {total}, "
        f"of which weights {mebibytes(memory.weights_bytes)}, the peak of its activations {mebibytes(memory.runtime_bytes)}, "
        f"{'the kept input and ' if memory.input_persistency else ''}the reserved block {mebibytes(memory.total_bytes - memory.weights_bytes - memory.runtime_bytes)}"
        + _tiles(report)
    )


def _tiles(report: Report) -> str:
    """What the converter's tiles change about that."""
    if any(f.about_memory and f.support == "unknown" for f in report.findings):
        return "; the converter cuts rows into tiles, which may bring it under"
    total = report.memory.tiled_total_bytes
    if total > report.memory.budget_bytes:
        return f"; in the tiles of rows that the converter would cut still {mebibytes(total)}"
    return ""
