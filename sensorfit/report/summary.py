"""Several models in a terminal: what fails and how to change it, then one table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .console import SEVERITY_STYLE
from .escape import terminal
from .outcome import Outcome, grouped
from .words import (
    VERDICT,
    counted,
    figure_words,
    latency_words,
    macs_words,
    memory_words,
    share_words,
    status,
)

STYLE = {"fits": "green", "does_not_fit": "red", "unknown": "yellow"}
NODES_SHOWN = 3
NAME = 60
"""Characters of a name that are shown."""


def print_summary(outcomes: Sequence[Outcome], console: Console, verbose: bool = False) -> None:
    """Write the failing models' findings (all models' with ``verbose``) and the table to ``console``."""
    for outcome in outcomes:
        if verbose or outcome.exit_code:
            lines = list(_reasons(outcome, verbose))
            if lines:
                console.print(
                    Text(terminal(outcome.path), "bold"), Padding(Group(*lines), (0, 0, 1, 2)), sep="\n"
                )
    console.print(_table(outcomes))
    console.print(_last_line(outcomes))


def print_change(outcome: Outcome, console: Console) -> None:
    """Write what changed since the baseline, nothing without one."""
    for line in _change(outcome):
        console.print(line)


def _reasons(outcome: Outcome, verbose: bool) -> Sequence[RenderableType]:
    if outcome.report is None:
        return [Text(terminal(outcome.error), "red")]
    lines = list(_change(outcome))
    if outcome.reason:
        lines.append(Text(f"judged by its own rules: {terminal(outcome.reason)}", "dim"))
    for group in grouped(outcome.findings):
        if not verbose and not any(outcome.fails(f) for f in group.members):
            continue
        first = group.first
        count = f" ×{len(group.members)}" if len(group.members) > 1 else ""
        style = SEVERITY_STYLE[first.severity]
        lines.append(
            Text.assemble(
                (f"{first.rule} ", f"bold {style}"),
                (f"{terminal(first.op, NAME)}{count}".strip(), "bold"),
                ("  " if first.op or count else " ") + terminal(group.text),
            )
        )
        shown = [terminal(f.node, NAME) for f in group.members if f.node]
        if shown:
            cut = shown if verbose else shown[:NODES_SHOWN]
            more = f" and {len(shown) - len(cut)} more" if len(shown) > len(cut) else ""
            lines.append(Text.assemble(("  at  ", "dim"), ", ".join(cut) + more))
        if first.fix:
            lines.append(Text.assemble(("  fix ", "dim"), terminal(first.fix)))
    return lines


def _change(outcome: Outcome) -> list[Text]:
    change = outcome.change
    if change is None:
        return []
    if not change.known:
        return [Text("not in the baseline: everything counts as new", "yellow")]
    lines = [Text(f"worse than the baseline: {figure_words(f)}", "red") for f in change.grown]
    lines += [Text(f"better than the baseline: {figure_words(f)}", "green") for f in change.shrunk]
    if outcome.report is not None and change.verdict_before not in (None, outcome.report.verdict):
        lines.append(
            Text(
                f"verdict: {VERDICT[change.verdict_before]} -> {VERDICT[outcome.report.verdict]}",
                STYLE[outcome.report.verdict],
            )
        )
    if change.new:
        lines.append(Text(f"{counted(len(change.new), 'finding')} not in the baseline", "red"))
    if change.gone:
        rules = ", ".join(sorted({terminal(r.get("rule", "")) for r in change.gone}))
        lines.append(Text(f"{counted(len(change.gone), 'finding')} of the baseline gone ({rules})", "green"))
    return lines or [Text("nothing new and nothing worse than the baseline", "green")]


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table()
    table.add_column("Model", overflow="fold")
    table.add_column("Verdict")
    for heading in ("Errors", "Warnings", "Memory", "of budget", "MACs", "Latency"):
        table.add_column(heading, justify="right")
    table.add_column("Gate")
    for outcome in outcomes:
        name, gate = (
            Text(terminal(outcome.path)),
            Text(status(outcome), _gate_style(outcome)),
        )
        report = outcome.report
        if report is None:
            table.add_row(name, "", "", "", "", "", "", "", gate)
            continue
        memory = report.memory
        table.add_row(
            name,
            Text(VERDICT[report.verdict], STYLE[report.verdict]),
            f"{sum(f.severity == 'error' for f in report.findings):,}",
            f"{sum(f.severity == 'warning' for f in report.findings):,}",
            memory_words(memory, f"{memory.total_bytes / 2**20:,.2f} MiB"),
            share_words(memory),
            macs_words(report.latency),
            f"{report.latency.dsp_ms:,.2f} ms" if report.latency.complete else latency_words(report),
            gate,
        )
    return table


def _gate_style(outcome: Outcome) -> str:
    return "red" if outcome.exit_code else "yellow" if status(outcome) == "unknown" else "green"


def _last_line(outcomes: Sequence[Outcome]) -> Text:
    words = [status(o) for o in outcomes]
    parts = [f"{words.count(word):,} {word}" for word in dict.fromkeys(words)]
    return Text(f"{counted(len(outcomes), 'model')}: {', '.join(parts)}", "bold")
