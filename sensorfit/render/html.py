"""A check's answer as one page, and each model as the page shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ..memory.model import Live, MemoryReport, Step
from ..report.causes import Cause, causes
from ..report.layer import Layer, node_of
from ..report.next_step import last_line, verdict_word
from ..report.outcome import FindingGroup, Outcome, grouped, outcomes
from ..report.phrases import counted, latency_words, of_budget_words, operator_words
from ..report.report import Report
from ..units import show_shape
from ..verify.finding import Finding
from .brief import about, headline_number, remarks
from .document import document
from .escape import plain
from .layout import layout

NAME: Final = 200
"""Characters of a name that are shown."""
OPERATORS_SHOWN: Final = 3


def render(items: Sequence[Report | Outcome]) -> str:
    """The page of the models in ``items``; of several one is shown at a time."""
    results = outcomes(items)
    title = _title(results[0]) if len(results) == 1 else counted(len(results), "model")
    return document(title, [model_data(o) for o in results])


def _title(outcome: Outcome) -> str:
    if outcome.report is None:
        return f"{outcome.path}: cannot be checked"
    return f"{outcome.report.model.name}: {verdict_word(outcome.report).lower()}"


def model_data(outcome: Outcome, marked: Collection[str] = ()) -> dict[str, Any]:
    """What the page holds of one model, the nodes in ``marked`` marked as changed."""
    report = outcome.report
    if report is None:
        return {"name": plain(outcome.path, NAME), "error": plain(outcome.error)}
    said, command = last_line(outcome)
    places: dict[str, int] = {}
    rows = _rows(report, places)
    rows["mark"] = [int(name in marked) for name in places]
    hidden = (
        [f"{counted(len(report.hidden), 'finding')} hidden by select and ignore"] if report.hidden else []
    )
    open_ = "" if report.model.open_input is None or report.memory.complete else OPEN
    schedule = replace(report.memory, steps=(), peak_step=-1) if open_ else report.memory
    return {
        "name": plain(report.model.name, NAME),
        "open": open_,
        "verdict": report.verdict if verdict_word(report) != "CANNOT BE FED" else "does_not_fit",
        "word": verdict_word(report),
        "number": headline_number(report),
        "about": plain(about(report, 200)),
        "next": [said, plain(command)],
        "remarks": [plain(text) for text, _ in remarks(report)] + hidden,
        "memory": plan_data(schedule, places),
        "clock": report.latency.clock_hz,
        "latency": f"{latency_words(report)} in all, an estimate with its interval. A layer's line is how far the fit leaves that "
        "layer open; no layer was measured by itself.",
        "rows": rows,
        "causes": [_cause(c) for c in causes(report)],
        "notes": [f"Memory: {of_budget_words(report.memory)}"]
        + [plain(note) for note in (*report.memory.notes, *report.latency.notes)],
    }


OPEN: Final = "They depend on the input's size, which is open: there is nothing to draw before one is chosen."


def plan_data(memory: MemoryReport, places: Mapping[str, int]) -> dict[str, Any]:
    """The schedule, and each tensor with the first and last step of a stretch in which it is alive; texts by their place
    in ``names``."""
    kept = memory.input_persistence_bytes if memory.input_persistency else 0
    names: dict[str, int] = {}
    runs: list[list[int]] = []
    open_: dict[Live, int] = {}
    for index, step in enumerate(memory.steps):
        now: dict[Live, int] = {}
        for item in step.live:
            run = open_.get(item, -1)
            if run < 0 or item in now:
                run = len(runs)
                tensor, why = (names.setdefault(text, len(names)) for text in (item.tensor, item.why))
                runs.append([tensor, why, index, index, item.bytes])
            runs[run][3] = index
            now[item] = run
        open_ = now
    return {
        "budget": memory.budget_bytes,
        "base": memory.weights_bytes + kept + memory.reserved_bytes,
        "peak": memory.peak_step,
        "steps": [_step(s, places.get(node_of(s.node, places), -1), places) for s in memory.steps],
        "names": [plain(name, NAME) for name in names],
        "tensors": _close(runs),
    }


def _close(runs: Sequence[list[int]]) -> list[list[int]]:
    """Each run with its first step counted from the one before, and its last from its first: short numbers."""
    firsts = [0, *(run[2] for run in runs)]
    return [
        [name, why, first - before, last - first, size]
        for before, (name, why, first, last, size) in zip(firsts, runs, strict=False)
    ]


def _step(step: Step, row: int, places: Mapping[str, int]) -> list[Any]:
    """Row, bytes and, where they are not those of the row, name and operator."""
    own = places.get(step.node, -1) == row
    return (
        [row, step.bytes]
        if own and row >= 0
        else [row, step.bytes, plain(step.node, NAME), operator_words(step)]
    )


def _rows(report: Report, places: dict[str, int]) -> dict[str, list[Any]]:
    """A row for each node, by column: its place in the drawing, what it takes, the rule of a finding that names it.

    Nodes are the report's layers; without them those of the schedule and the cost model. ``places`` is filled with
    each one's row.
    """
    layers = report.layers or tuple(_without_layers(report))
    places.update((layer.node, row) for row, layer in enumerate(layers))
    alive = [0] * len(layers)
    for step in report.memory.steps:
        row = places.get(node_of(step.node, places), -1)
        if row >= 0:
            alive[row] = max(alive[row], step.bytes)
    found: list[Finding | None] = [None] * len(layers)
    for finding in reversed(report.findings):  # errors come first: they stay
        if (row := places.get(finding.node, -1)) >= 0:
            found[row] = finding
    drawn = layout([layer.reads for layer in layers]) if report.layers else []
    return {
        "node": [plain(layer.node, NAME) for layer in layers],
        "op": [plain(layer.op, NAME) for layer in layers],
        "shape": [show_shape(layer.shape) if layer.shape is not None else "" for layer in layers],
        "bytes": alive,
        "weights": [layer.weights_bytes for layer in layers],
        "activation": [layer.activation_bytes for layer in layers],
        "macs": [layer.macs for layer in layers],
        "cycles": [layer.cycles for layer in layers],
        "low": [_change(layer.cycles_low, layer.cycles) for layer in layers],
        "high": [_change(layer.cycles_high, layer.cycles) for layer in layers],
        "rule": [f.rule if f else "" for f in found],
        "severity": [f.severity[0] if f else "" for f in found],
        "into": [places.get(layer.runs_in, -1) for layer in layers],
        "reads": [layer.reads for layer in layers],
        "row": [row for row, _ in drawn],
        "column": [column for _, column in drawn],
    }


def _without_layers(report: Report) -> Iterator[Layer]:
    """Nodes of the schedule, the cost model and the findings, as far as their report tells."""
    found: dict[str, Layer] = {}
    for step in report.memory.steps:
        found.setdefault(step.node, Layer(step.node, step.op, None))
    for cost in report.latency.layers:
        known = found.get(cost.node, Layer(cost.node, cost.op, None))
        found[cost.node] = known._replace(
            op=cost.op,
            macs=known.macs + cost.macs,
            cycles=known.cycles + cost.cycles,
            cycles_low=known.cycles_low + cost.cycles_low,
            cycles_high=known.cycles_high + cost.cycles_high,
        )
    for finding in report.findings:
        if finding.node:
            found.setdefault(finding.node, Layer(finding.node, finding.op, None))
    yield from found.values()


def _change(cycles: int, of: int) -> int:
    """An end of an interval as a change in percent, 0 where there is none: a short number."""
    return round(100 * (cycles / of - 1)) if of and cycles else 0


def _counted(group: FindingGroup) -> str:
    return group.first.op + (f" ×{len(group.members):,}" if len(group.members) > 1 else "")


def _cause(cause: Cause) -> dict[str, Any]:
    first = cause.findings[0]
    return {
        "severity": cause.severity,
        "of": plain(", ".join(cause.operators[:OPERATORS_SHOWN])) if first.about_operator else "",
        "fix": plain(first.fix or first.reason or first.message),
        "gain": cause.gain,
        "said": [
            [g.first.rule, plain(": ".join(filter(None, (_counted(g), g.text))))]
            for g in grouped(cause.findings)
        ],
        "nodes": list(dict.fromkeys(plain(f.node, NAME) for f in cause.findings if f.node)),
    }
