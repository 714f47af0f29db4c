"""GitHub workflow commands: an annotation on the model's file for each group of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..report.outcome import FindingGroup, Outcome, grouped, outcomes
from ..report.phrases import (
    VERDICT,
    counted,
    figure_words,
    judged_by,
    latency_words,
    macs_words,
    of_budget_words,
    other_converter,
)
from ..report.report import Report
from .escape import plain, workflow_data, workflow_property

COMMAND: Final = {"error": "error", "warning": "warning", "info": "notice"}
NODES_SHOWN: Final = 5


def render(items: Sequence[Report | Outcome]) -> str:
    """One line a group of findings, one notice a model that passes; errors first (GitHub shows ten a step)."""
    lines: list[tuple[int, str]] = []
    for outcome in outcomes(items):
        if outcome.report is None:
            lines.append((0, _command("error", outcome.path, "cannot be checked", outcome.error)))
            continue
        for group in grouped(outcome.findings):
            lines.append(_group(outcome, group))
        lines.append(_summary(outcome, outcome.report))
    return "\n".join(line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _group(outcome: Outcome, group: FindingGroup) -> tuple[int, str]:
    first = group.first
    level = COMMAND[first.severity]
    accepted = all(outcome.state(f) == "unchanged" for f in group.members)
    if accepted:
        level = "notice"
    nodes = [plain(f.node) for f in group.members[:NODES_SHOWN] if f.node]
    more = len(group.members) - len(nodes) if nodes else 0
    parts = [plain(group.text)]
    if nodes:
        parts.append(f"At {', '.join(nodes)}" + (f" and {more} more." if more > 0 else "."))
    if first.fix:
        parts.append(f"Fix: {plain(first.fix)}")
    if accepted:
        parts.append("(in the baseline)")
    count = f"x{len(group.members)}" if len(group.members) > 1 else ""
    title = " ".join(part for part in (first.rule, first.op, count) if part)
    return list(COMMAND.values()).index(level), _command(level, outcome.path, title.strip(), "\n".join(parts))


def _summary(outcome: Outcome, report: Report) -> tuple[int, str]:
    memory = report.memory
    text = (
        f"{VERDICT[report.verdict]} ({judged_by(report)}): "
        f"{of_budget_words(memory)}, "
        f"{macs_words(report.latency)} MACs, {latency_words(report)}"
    )
    if other := other_converter(report):
        text += f"; {other}"
    level = "notice"
    if outcome.change is not None and outcome.change.grown:
        level = "error"
        text += "; worse than the baseline: " + ", ".join(figure_words(f) for f in outcome.change.grown)
    elif outcome.change is not None and (outcome.change.gone or outcome.change.shrunk):
        better = [figure_words(f) for f in outcome.change.shrunk]
        if outcome.change.gone:
            better.append(f"{counted(len(outcome.change.gone), 'finding')} gone")
        text += "; better than the baseline: " + ", ".join(better)
    if report.verdict == "does_not_fit" and outcome.exit_code:
        level = "error"
    return list(COMMAND.values()).index(level), _command(level, outcome.path, "sensorfit", text)


def _command(level: str, path: str, title: str, text: str) -> str:
    # The pieces of `text` are plain already; its own line breaks are kept as %0A.
    body = "%0A".join(workflow_data(line) for line in text.split("\n"))
    return f"::{level} file={workflow_property(path)},line=1,title={workflow_property(title)}::{body}"
