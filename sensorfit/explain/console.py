"""An explanation in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..report.console import VERDICT_STYLE
from ..report.escape import terminal
from ..report.words import (
    VERDICT,
    at_least,
    latency_words,
    macs_words,
    memory_words,
    runtime_words,
    share_words,
)
from ..units import show_bytes, show_count
from .lifts import milliseconds, weights_form
from .markdown import beyond, contrast_title, converted, instead, lift_total
from .model import Group, Page, Part


def print_page(page: Page, console: Console) -> None:
    """Write the page to ``console``."""
    _, style = VERDICT_STYLE[page.verdict]
    console.print(Text(terminal(page.headline), style))
    for profile, verdict in page.verdicts.items():
        console.print(Text(f"profile {profile}: {VERDICT[verdict]}", "dim"))
    if page.note:
        console.print(Text(terminal(page.note), "dim"))
    _sentences(console, "What stands in the way", page.reasons)
    _title(console, "The figures")
    console.print(_figures(page))
    for part in page.parts:
        _part(console, part, len(page.parts) > 1)
    if page.lifts:
        _title(console, "What remains if it is lifted")
        console.print(_lifts(page))
    _sentences(console, "Taken all the way", converted(page))
    if page.contrast:
        _sentences(console, contrast_title(page.contrast), instead(page.contrast))
    if page.published:
        _title(console, "Published figures")
        console.print(_published(page))
    _sentences(console, "To bear in mind", page.caveats)


def _title(console: Console, text: str) -> None:
    console.print()
    console.print(Text(terminal(text), "bold"))


def _sentences(console: Console, title: str, sentences: Sequence[str]) -> None:
    if not sentences:
        return
    _title(console, title)
    for sentence in sentences:
        console.print(Padding(Text(f"• {terminal(sentence)}"), (0, 0, 0, 2)))


def _figures(page: Page) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2))
    grid.add_column()
    for label in [p.label for p in page.parts] + (["together"] if page.together else []):
        grid.add_column(terminal(label), justify="right")
    reports, whole = [p.report for p in page.parts], page.together
    rows = [
        ("parameters", [f"{r.model.parameters:,}" for r in reports], f"{whole.parameters:,}" if whole else ""),
        (f"weights ({weights_form(page.parts)})", [show_bytes(r.memory.weights_bytes) for r in reports], show_bytes(whole.weights_bytes) if whole else ""),
        ("activations, peak", [runtime_words(r.memory) for r in reports], at_least(show_bytes(whole.runtime_bytes), whole.sized, whole.runtime_bytes) if whole else ""),
        ("total", [memory_words(r.memory, show_bytes(r.memory.total_bytes)) for r in reports], at_least(show_bytes(whole.total_bytes), whole.sized, whole.total_bytes) if whole else ""),
        ("of the budget", [share_words(r.memory) for r in reports], at_least(f"{whole.total_bytes / whole.budget_bytes:,.0%}", whole.sized, whole.total_bytes) if whole else ""),
        ("MACs", [macs_words(r.latency) for r in reports], at_least(show_count(whole.macs), whole.timed, whole.macs) if whole else ""),
        ("estimate", [latency_words(r) for r in reports], milliseconds(whole) if whole else ""),
        ("largest tensor", [_largest(p) for p in page.parts], ""),
        ("refused nodes", [f"{p.refused_nodes:,}" for p in page.parts], ""),
    ]  # fmt: skip
    for label, cells, last in rows:
        grid.add_row(label, *cells, *([last] if whole else []))
    return grid


def _largest(part: Part) -> str:
    if part.largest is None:
        return "unknown"
    return f"{'x'.join(map(str, part.largest.shape))}: {show_bytes(part.largest.bytes)}"


def _part(console: Console, part: Part, several: bool) -> None:
    for heading, groups, style in (
        ("refused by the converter in the form used", part.refused, "red"),
        ("tried by nobody", part.unknown, "yellow"),
        ("refused by the PicoSAM papers' constraint set only", part.flagged, "yellow"),
    ):
        if groups:
            _title(console, f"{part.label}: {heading}" if several else heading.capitalize())
            for group in groups:
                _group(console, group, style)
    if part.front_end:
        _title(console, f"{part.label}: what the real converter's front end said")
        for answer in part.front_end:
            operators = f": {', '.join(answer.operators)}" if answer.operators else ""
            said = f"{answer.form}: {answer.verdict.replace('_', ' ')}{operators}" + (
                f" ({answer.note})" if answer.note else ""
            )
            console.print(Padding(Text(terminal(said)), (0, 0, 0, 2)))
            for reason, count in answer.reasons:
                console.print(Padding(Text(f"{count}× {terminal(reason)}", "dim"), (0, 0, 0, 4)))


def _group(console: Console, group: Group, style: str) -> None:
    head = Text.assemble(
        (group.rule, f"bold {style}"),
        "  ",
        (f"{terminal(group.op)} ×{group.count:,}", "bold"),
        "  ",
        terminal(group.reason),
    )
    console.print(Padding(head, (0, 0, 0, 2)))
    if group.blocks:
        console.print(Padding(Text(f"in {terminal(', '.join(group.blocks))}", "dim"), (0, 0, 0, 6)))
    if group.fix:
        console.print(Padding(Text(f"fix {terminal(group.fix)}"), (0, 0, 0, 6)))


def _lifts(page: Page) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2))
    for column, justify in (("change", "left"), ("total memory", "right"), ("what remains", "left")):
        grid.add_column(column, justify=justify)  # type: ignore[arg-type]
    for lift in page.lifts:
        remains = Text(terminal("; ".join(lift.remains)), "red") if lift.remains else Text("nothing", "green")
        grid.add_row(terminal(lift.change), lift_total(page, lift), remains)
    return grid


def _published(page: Page) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2))
    for column in ("figure", "value", "remark", "source"):
        grid.add_column(column)
    for p in page.published:
        name = p.figure.replace("_", " ") + (f", {p.variant}" if p.variant else "")
        remark = "; ".join(x for x in (p.covers, p.note, beyond(page, p)) if x)
        grid.add_row(
            name, f"{p.value:g} {p.unit}", remark, p.source + ("" if p.first_hand else " (second-hand)")
        )
    return grid
