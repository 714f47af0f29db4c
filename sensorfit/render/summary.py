"""Several models in a terminal: what fails and how to change it, then one table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..report.causes import cannot_feed
from ..report.next_step import check_command, verdict_word
from ..report.outcome import Outcome, grouped
from ..report.phrases import (
    VERDICT,
    counted,
    figure_words,
    latency_words,
    macs_words,
    memory_words,
    share_words,
    status,
)
from ..report.report import Report
from .console import SEVERITY_STYLE
from .escape import terminal
from .next_line import print_next

STYLE = {"fits": "green", "does_not_fit": "red", "unknown": "yellow"}
HEADINGS = ("Model", "Verdict", "Errors", "Warnings", "Memory", "of budget", "MACs", "Latency", "Gate")
IMPORTANCE = ("Model", "Gate", "Verdict", "of budget", "Memory", "Latency", "Errors", "MACs", "Warnings")
"""Headings, the one a narrow terminal loses last first."""
WORDS = ("Model", "Verdict", "Gate")
"""Columns that are no figures: they may wrap."""
FOLDED = 24
"""Least width of the models' names."""
NODES_SHOWN = 3
NAME = 60
"""Characters of a name that are shown."""


def print_summary(outcomes: Sequence[Outcome], console: Console, verbose: bool = False) -> None:
    """Write the failing models' findings (all models' with ``verbose``), the table, and the first failing one's command."""
    for outcome in outcomes:
        if verbose or outcome.exit_code:
            lines = list(_reasons(outcome, verbose))
            if outcome.report is None:
                console.print(Text(terminal(outcome.error), "red"), end="\n\n")
            elif lines:
                console.print(
                    Text(terminal(outcome.path), "bold"), Padding(Group(*lines), (0, 0, 1, 2)), sep="\n"
                )
    console.print(_table(outcomes, console.width))
    failing = [o for o in outcomes if o.exit_code and o.report is not None]
    line = _last_line(outcomes)
    print_next(console, line.append(".") if failing else line, check_command(failing[0]) if failing else "")


def print_change(outcome: Outcome, console: Console) -> None:
    """Write what changed since the baseline, nothing without one."""
    for line in change_lines(outcome):
        console.print(line)


def _reasons(outcome: Outcome, verbose: bool) -> Sequence[RenderableType]:
    lines = list(change_lines(outcome))
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


def change_lines(outcome: Outcome) -> list[Text]:
    """What changed since the baseline, a line each; [] without one."""
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


def _table(outcomes: Sequence[Outcome], width: int) -> RenderableType:
    """As many columns as fit, no figure cut; what there is no room for is named below."""
    columns = {heading: [_cells(outcome)[heading] for outcome in outcomes] for heading in IMPORTANCE}
    least = {h: _least(h, [text.plain for text in texts]) for h, texts in columns.items()}
    shown: set[str] = set()
    left = width - 1  # each column takes three characters for its line and blanks, the last line one more
    for heading in IMPORTANCE:
        if least[heading] + 3 <= left or not shown:
            shown.add(heading)
            left -= least[heading] + 3
    table = Table()
    for heading in (h for h in HEADINGS if h in shown):
        longest = max(map(cell_len, (heading, *(text.plain for text in columns[heading]))))
        more = max(0, min(longest - least[heading], left)) if heading in WORDS else 0
        left -= more
        table.add_column(
            heading,
            justify="left" if heading in WORDS else "right",
            width=least[heading] + more,
            overflow="fold",
        )
    for index in range(len(outcomes)):
        table.add_row(*(columns[h][index] for h in HEADINGS if h in shown))
    hidden = [h for h in HEADINGS if h not in shown]
    note = f"No room here for: {'; '.join(hidden)}. A wider terminal shows them."
    return Group(table, Text(note, "dim")) if hidden else table


def _least(heading: str, texts: Sequence[str]) -> int:
    """The width a column needs: its words whole, figures on one line; a model's name may be folded."""
    longest_word = max(cell_len(word) for text in (heading, *texts) for word in text.split())
    if heading == "Model":
        return min(longest_word, FOLDED)
    if heading in WORDS:
        return longest_word
    return max(cell_len(word) for word in (*heading.split(), *texts))


def _cells(outcome: Outcome) -> dict[str, Text]:
    """The cells of one model by heading."""
    report = outcome.report
    found = dict.fromkeys(HEADINGS, Text(""))
    found["Model"], found["Gate"] = Text(terminal(outcome.path)), Text(status(outcome), _gate_style(outcome))
    if report is None:
        return found
    memory = report.memory
    texts = {
        "Errors": f"{_count(report, 'error'):,}",
        "Warnings": f"{_count(report, 'warning'):,}",
        "Memory": memory_words(memory, f"{memory.total_bytes / 2**20:,.2f} MiB"),
        "of budget": share_words(memory),
        "MACs": macs_words(report.latency),
        "Latency": f"{report.latency.dsp_ms:,.2f} ms" if report.latency.complete else latency_words(report),
    }
    if report.model.open_input is not None and not memory.complete and memory.fits:
        texts |= dict.fromkeys(("of budget", "MACs", "Latency"), "") | {"Memory": "input size open"}
    return {
        **found,
        "Verdict": Text(
            verdict_word(report).lower(), "yellow" if cannot_feed(report) else STYLE[report.verdict]
        ),
        **{heading: Text(text) for heading, text in texts.items()},
    }


def _count(report: Report, severity: str) -> int:
    """The findings of a severity, without those that only follow from another that is shown, as everywhere."""
    causes = {f.rule for f in report.findings if not f.follows}
    return sum(f.severity == severity and f.follows not in causes for f in report.findings)


def _gate_style(outcome: Outcome) -> str:
    return "red" if outcome.exit_code else "yellow" if status(outcome) == "unknown" else "green"


def _last_line(outcomes: Sequence[Outcome]) -> Text:
    words = [status(o) for o in outcomes]
    parts = [f"{words.count(word):,} {word}" for word in dict.fromkeys(words)]
    standing = sum(outcome.state(f) == "unchanged" for outcome in outcomes for f in outcome.findings)
    hidden = [f for outcome in outcomes if outcome.report for f in outcome.report.hidden]
    more = f"; {counted(standing, 'finding')} accepted by the baseline" if standing else ""
    if hidden:
        more += (
            f"; {counted(len({f.rule for f in hidden}), 'rule')} hidden ({counted(len(hidden), 'finding')})"
        )
    return Text.assemble((f"{counted(len(outcomes), 'model')}: {', '.join(parts)}", "bold"), more)
