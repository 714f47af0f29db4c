"""GitHub-flavoured Markdown: a pull-request comment, or the step summary.

The first line is an invisible marker by which an action finds its own comment
again. One table of models; what fails unfolded below it, the rest folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..report.causes import cannot_feed
from ..report.next_step import verdict_word
from ..report.outcome import FindingGroup, Outcome, grouped, outcomes
from ..report.phrases import (
    VERDICT,
    amount,
    batch_words,
    counted,
    figure_words,
    latency_words,
    macs_words,
    memory_words,
    other_converter,
    share_words,
)
from ..report.report import Report
from .escape import markdown, markdown_code

MARKER: Final = "<!-- sensorfit -->"
ICON: Final = {"pass": "✅", "fail": "❌", "unknown": "❔", "unfed": "⚠️"}
SEVERITY: Final = {"error": "🔴", "warning": "🟡", "info": "🔵"}
NODES_SHOWN: Final = 5
NAME: Final = 120
"""Characters of a node or file name that are shown."""
MAX_CHARACTERS: Final = 60_000
"""A comment of GitHub holds 65,536."""


def render(items: Sequence[Report | Outcome]) -> str:
    """The whole report; cut, with a note, where it would not fit a comment."""
    results = outcomes(items)
    blocks = [f"{MARKER}\n### {_headline(results)}", _table(results)]
    blocks += [
        block for outcome in sorted(results, key=lambda o: -o.exit_code) for block in _details(outcome)
    ]
    text = ""
    for number, block in enumerate(blocks):
        if len(text) + len(block) > MAX_CHARACTERS:
            text += f"\n_{counted(len(blocks) - number, 'section')} left out: the report is longer than a comment may be._\n"
            break
        text += block + "\n\n"
    return text.rstrip() + "\n"


def _headline(results: Sequence[Outcome]) -> str:
    bad = sum(o.exit_code != 0 for o in results)
    if len(results) == 1 and results[0].report is not None:
        report = results[0].report
        return f"{_icon(results[0])} {markdown(report.model.name, NAME)} {verdict_word(report).lower()} on the {report.target.name.upper()}"
    count = counted(len(results), "model")
    return f"❌ {bad:,} of {count} fail the check" if bad else f"✅ {count}: the check passes"


def _table(results: Sequence[Outcome]) -> str:
    lines = [
        "| | Model | Verdict | Memory | of budget | MACs | Latency (estimate) |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for outcome in results:
        report = outcome.report
        name = markdown_code(outcome.path, NAME)
        if report is None:
            lines.append(f"| {_icon(outcome)} | {name} | cannot be checked | | | | |")
            continue
        memory = report.memory
        cells = (
            _icon(outcome),
            name,
            _verdict(report),
            memory_words(memory, amount("bytes", memory.total_bytes)),
            share_words(memory, 1),
            macs_words(report.latency),
            latency_words(report),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _verdict(report: Report) -> str:
    others = [
        f"{profile}: {VERDICT[verdict]}"
        for profile, verdict in report.verdicts.items()
        if verdict != report.verdict
    ]
    return f"**{verdict_word(report).lower()}**" + (f"<br>{', '.join(others)}" if others else "")


def _details(outcome: Outcome) -> list[str]:
    report = outcome.report
    if report is None:
        return [f"**{markdown_code(outcome.path, NAME)}**: {markdown(outcome.error)}"]
    lines = _changes(outcome)
    groups = grouped(report.findings)
    failing = [g for g in groups if any(outcome.fails(f) for f in g.members)]
    rest = [g for g in groups if g not in failing]
    if outcome.reason:
        lines.append(f"_Judged by its own rules: {markdown(outcome.reason)}_")
    if batch := batch_words(report.model):
        lines.append(f"- {markdown(batch)}")
    if other := other_converter(report):
        lines.append(f"- {markdown(other)}")
    lines += [_finding(g) for g in failing]
    blocks = []
    if lines:
        blocks.append(f"#### {markdown_code(outcome.path, NAME)}\n\n" + "\n".join(lines))
    folded = [*(_finding(g) for g in rest), *(f"- Memory: {markdown(note)}" for note in report.memory.notes)]
    if folded:
        others, notes = sum(len(g.members) for g in rest), len(report.memory.notes)
        count = " and ".join(
            counted(n, what) for n, what in ((others, "other finding"), (notes, "note")) if n
        )
        blocks.append(
            f"<details><summary>{markdown_code(outcome.path, NAME)}: {count}</summary>\n\n"
            + "\n".join(folded)
            + "\n\n</details>"
        )
    return blocks


def _changes(outcome: Outcome) -> list[str]:
    change = outcome.change
    if change is None:
        return []
    if not change.known:
        return ["- Not in the baseline: everything counts as new."]
    lines = [f"- 🔺 worse than the baseline: {figure_words(f)}" for f in change.grown]
    lines += [f"- 🔽 better than the baseline: {figure_words(f)}" for f in change.shrunk]
    if (
        change.verdict_before is not None
        and outcome.report is not None
        and change.verdict_before != outcome.report.verdict
    ):
        lines.append(f"- verdict: {VERDICT[change.verdict_before]} → **{VERDICT[outcome.report.verdict]}**")
    if change.gone:
        names = ", ".join(sorted({str(record.get("rule", "")) for record in change.gone}))
        lines.append(f"- ✔ {counted(len(change.gone), 'finding')} of the baseline gone ({markdown(names)})")
    return lines


def _finding(group: FindingGroup) -> str:
    first = group.first
    count = f" ×{len(group.members)}" if len(group.members) > 1 else ""
    operator = f" {markdown_code(first.op, NAME)}" if first.op else ""
    lines = [f"- {SEVERITY[first.severity]} **{first.rule}**{operator}{count}: {markdown(group.text)}"]
    nodes = [markdown_code(f.node, NAME) for f in group.members[:NODES_SHOWN] if f.node]
    if nodes:
        more = len(group.members) - len(nodes)
        lines.append(f"  <br>at {', '.join(nodes)}" + (f" and {more} more" if more else ""))
    if first.fix:
        lines.append(f"  <br>**Fix:** {markdown(first.fix)}")
    return "\n".join(lines)


def _icon(outcome: Outcome) -> str:
    if outcome.exit_code:
        return ICON["fail"]
    if outcome.report is None or outcome.report.verdict == "does_not_fit":
        return ICON["pass"]  # as in the baseline
    if outcome.report.verdict == "unknown":
        return ICON["unknown"]
    return ICON["unfed"] if cannot_feed(outcome.report) else ICON["pass"]
