"""An explanation in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..report.console import VERDICT_STYLE
from ..report.escape import terminal
from ..report.words import VERDICT
from .model import Group, Page, Part
from .words import (
    LIFTS,
    contrast_title,
    converted,
    figures,
    instead,
    lift_total,
    objections,
    published_row,
)


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
    head, *rows = figures(page)
    grid = _grid(head[0], *((terminal(label), "right") for label in head[1:]))
    for row in rows:
        grid.add_row(*map(terminal, row))
    return grid


def _grid(*columns: str | tuple[str, JustifyMethod]) -> Table:
    """A table without lines; a column is its heading, or heading and side."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        heading, side = column if isinstance(column, tuple) else (column, "left")
        grid.add_column(heading, justify=side, overflow="fold")
    return grid


def _part(console: Console, part: Part, several: bool) -> None:
    for heading, groups, style in objections(part):
        _title(console, f"{part.label}: {heading}" if several else heading[:1].upper() + heading[1:])
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
        (f"{terminal(group.op)} ×{group.count:,}  " if group.op else "", "bold"),
        terminal(group.reason),
    )
    console.print(Padding(head, (0, 0, 0, 2)))
    if group.blocks:
        console.print(Padding(Text(f"in {terminal(', '.join(group.blocks))}", "dim"), (0, 0, 0, 6)))
    if group.fix:
        console.print(Padding(Text(f"fix {terminal(group.fix)}"), (0, 0, 0, 6)))


def _lifts(page: Page) -> Table:
    change, total, remains = LIFTS
    grid = _grid(change, (total, "right"), remains)
    for lift in page.lifts:
        left = Text(terminal("; ".join(lift.remains)), "red") if lift.remains else Text("nothing", "green")
        grid.add_row(terminal(lift.change), lift_total(page, lift), left)
    return grid


def _published(page: Page) -> Table:
    grid = _grid("figure", ("value", "right"), "source; remark")
    for one in page.published:
        name, value, remark, source = map(terminal, published_row(page, one))
        grid.add_row(name, Text(value, no_wrap=True), "; ".join(part for part in (source, remark) if part))
    return grid
