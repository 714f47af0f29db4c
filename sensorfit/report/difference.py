"""A diff of two graphs for a terminal or, as Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..diff import Diff
from .escape import markdown, markdown_code, terminal
from .outcome import Figure
from .words import VERDICT, amount, counted

LABEL: Final = {
    "total_bytes": "memory, total", "runtime_bytes": "memory, runtime", "weights_bytes": "memory, weights", "macs": "MACs",
    "cycles": "cycles", "dsp_ms": "latency (estimate)", "parameters": "parameters", "nodes": "nodes",
}  # fmt: skip
SHOWN: Final = 20
"""Nodes and layers listed without --verbose."""
STYLE: Final = {"fits": "green", "does_not_fit": "red", "unknown": "yellow"}


def print_diff(diff: Diff, console: Console, verbose: bool = False) -> None:
    """Write ``diff`` to ``console``."""
    most = None if verbose else SHOWN
    console.print(
        Text.assemble(
            (terminal(diff.old.model.path or diff.old.model.name), "bold"),
            " -> ",
            (terminal(diff.new.model.path or diff.new.model.name), "bold"),
        )
    )
    console.print(
        Text.assemble(
            "verdict: ",
            (VERDICT[diff.old.verdict], STYLE[diff.old.verdict]),
            " -> ",
            (VERDICT[diff.new.verdict], STYLE[diff.new.verdict]),
        )
    )
    if diff.same:
        console.print("no difference in operators, memory, MACs or latency")
        return
    table = Table("", "old", "new", "change")
    for column in table.columns[1:]:
        column.justify = "right"
    for figure in diff.figures:
        style = "red" if figure.worse else "green" if figure.better else "dim"
        table.add_row(
            LABEL[figure.name],
            amount(figure.name, figure.before),
            amount(figure.name, figure.now),
            Text(_delta(figure), style),
        )
    console.print(table)
    if diff.operators:
        table = Table("operator", "old", "new", "change")
        for o in diff.operators:
            table.add_row(Text(terminal(o.op)), str(o.before), str(o.now), f"{o.now - o.before:+}")
        console.print(table)
    for line, style in _lines(diff, most):
        console.print(Text(terminal(line), style))


def _lines(diff: Diff, most: int | None) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for node in diff.nodes[:most]:
        if node.was and node.now:
            lines.append((f"~ {node.node}: {node.was}  =>  {node.now}", "yellow"))
        else:
            lines.append(
                (f"+ {node.node}: {node.now}", "green") if node.now else (f"- {node.node}: {node.was}", "red")
            )
    lines += _more(len(diff.nodes), most, "node")
    for layer in diff.layers[:most]:
        text = f"{layer.node} ({layer.op}): {layer.cycles_before:,} -> {layer.cycles_now:,} cycles, {layer.macs_before:,} -> {layer.macs_now:,} MACs"
        lines.append((f"~ {text}", "red" if layer.cycles_now > layer.cycles_before else "green"))
    lines += _more(len(diff.layers), most, "layer")
    lines += [
        (f"new finding: {f.rule} {f.severity} {f.op} at {f.node}: {f.message}", "red")
        for f in diff.findings.new
    ]
    lines += [
        (f"gone finding: {r.get('rule')} {r.get('op')} at {r.get('node')}", "green")
        for r in diff.findings.gone
    ]
    return lines


def _more(number: int, most: int | None, noun: str) -> list[tuple[str, str]]:
    return (
        [(f"… and {counted(number - most, noun)} more (--verbose lists all)", "dim")]
        if most is not None and number > most
        else []
    )


def _delta(figure: Figure) -> str:
    change = figure.now - figure.before
    if not change:
        return "="
    sign = "+" if change > 0 else "-"
    share = f" ({change / figure.before:+.1%})" if figure.before else ""
    return f"{sign}{amount(figure.name, abs(change))}{share}"


def render_markdown(diff: Diff) -> str:
    """``diff`` as GitHub-flavoured Markdown."""
    names = [markdown_code(r.model.path or r.model.name) for r in (diff.old, diff.new)]
    blocks = [f"### {names[0]} → {names[1]}: {VERDICT[diff.old.verdict]} → **{VERDICT[diff.new.verdict]}**"]
    if diff.same:
        return blocks[0] + "\n\nNo difference in operators, memory, MACs or latency.\n"
    rows = [(LABEL[f.name], amount(f.name, f.before), amount(f.name, f.now), _delta(f)) for f in diff.figures]
    blocks.append(_table(("", "old", "new", "change"), rows))
    if diff.operators:
        rows = [
            (markdown_code(o.op), str(o.before), str(o.now), f"{o.now - o.before:+}") for o in diff.operators
        ]
        blocks.append(_table(("operator", "old", "new", "change"), rows))
    lines = [f"- {markdown(text)}" for text, _ in _lines(diff, SHOWN)]
    if lines:
        blocks.append(
            "<details><summary>Nodes, layers and findings</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
        )
    return "\n\n".join(blocks) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])
