"""A check's answer as one page, and each model as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..memory.model import Live, MemoryReport
from ..report.causes import Cause, causes
from ..report.next_step import last_line, verdict_word
from ..report.outcome import FindingGroup, Outcome, grouped, outcomes
from ..report.phrases import counted, latency_words, of_budget_words
from ..report.report import Report
from .brief import about, headline_number, remarks
from .document import document
from .escape import plain

NAME: Final = 200
"""Characters of a name that are shown."""


def render(items: Sequence[Report | Outcome]) -> str:
    """The page of the models in ``items``; of several one is shown at a time."""
    results = outcomes(items)
    title = _title(results[0]) if len(results) == 1 else counted(len(results), "model")
    return document(title, [model_data(o) for o in results])


def _title(outcome: Outcome) -> str:
    if outcome.report is None:
        return f"{outcome.path}: cannot be checked"
    return f"{outcome.report.model.name}: {verdict_word(outcome.report).lower()}"


def model_data(outcome: Outcome) -> dict[str, Any]:
    """What the page holds of one model."""
    report = outcome.report
    if report is None:
        return {"name": plain(outcome.path, NAME), "error": plain(outcome.error)}
    said, command = last_line(outcome)
    hidden = (
        [f"{counted(len(report.hidden), 'finding')} hidden by select and ignore"] if report.hidden else []
    )
    return {
        "name": plain(report.model.name, NAME),
        "verdict": report.verdict if verdict_word(report) != "CANNOT BE FED" else "does_not_fit",
        "word": verdict_word(report),
        "number": headline_number(report),
        "about": plain(about(report)),
        "next": [said, plain(command)],
        "remarks": [plain(text) for text, _ in remarks(report)] + hidden,
        "memory": _memory(report.memory),
        "latency": f"{latency_words(report)} in all, an estimate with its interval; a layer's own share has none.",
        "rows": _rows(report),
        "causes": [_cause(c) for c in causes(report)],
        "notes": [f"Memory: {of_budget_words(report.memory)}"]
        + [plain(note) for note in (*report.memory.notes, *report.latency.notes)],
    }


def _memory(memory: MemoryReport) -> dict[str, Any]:
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
        "steps": [[plain(s.node, NAME), s.op, s.bytes] for s in memory.steps],
        "names": [plain(name, NAME) for name in names],
        "tensors": runs,
    }


def _rows(report: Report) -> list[dict[str, Any]]:
    """A row for each node of the schedule or the cost model, with its rule where a finding names it."""
    found: dict[str, dict[str, Any]] = {}

    def row(node: str, op: str) -> dict[str, Any]:
        empty = {"node": plain(node, NAME), "op": plain(op, NAME), "bytes": 0, "macs": 0, "ms": 0, "rule": ""}
        return found.setdefault(node, {"at": len(found), **empty})

    for step in report.memory.steps:
        one = row(step.node, step.op)
        one["bytes"] = max(one["bytes"], step.bytes)
    for layer in report.latency.layers:
        one = row(layer.node, layer.op)
        one["macs"] += layer.macs
        one["ms"] = round(one["ms"] + layer.cycles / report.latency.clock_hz * 1e3, 5)
    for finding in reversed(report.findings):  # errors come first: they stay
        if finding.node:
            row(finding.node, finding.op)["rule"] = finding.rule
    return list(found.values())


def _counted(group: FindingGroup) -> str:
    return group.first.op + (f" ×{len(group.members):,}" if len(group.members) > 1 else "")


def _cause(cause: Cause) -> dict[str, Any]:
    first = cause.findings[0]
    return {
        "severity": cause.severity,
        "fix": plain(first.fix or first.reason or first.message),
        "gain": cause.gain,
        "said": [
            [g.first.rule, plain(": ".join(filter(None, (_counted(g), g.text))))]
            for g in grouped(cause.findings)
        ],
        "nodes": list(dict.fromkeys(plain(f.node, NAME) for f in cause.findings if f.node)),
    }
