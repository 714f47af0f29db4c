"""An explanation in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.text import Text

from ...explanation.model import Page, Part, ReasonGroup
from ...report.phrases import VERDICT
from ..columns import GAP, laid_out
from ..console import VERDICT_STYLE
from ..escape import terminal
from .phrases import (
    LIFTS,
    contrast_title,
    converted,
    figures,
    front_end_notes,
    front_end_words,
    instead,
    lift_left,
    lift_time,
    lift_total,
    objections,
    published_row,
)

LONGEST = 20
"""Characters of a node's name in the table of figures, where whole ones have no room."""


def print_page(page: Page, console: Console, verbose: bool = False) -> None:
    """Write the page to ``console``; ``verbose`` names every node of a group."""
    _, style = VERDICT_STYLE[page.verdict]
    console.print(Text(terminal(page.headline), style))
    for profile, verdict in page.shown_verdicts.items():
        console.print(Text(f"profile {profile}: {VERDICT[verdict]}", "dim"))
    if page.note:
        console.print(Text(terminal(page.note), "dim"))
    console.print(Text(terminal(page.judged_by), "dim"))
    _sentences(console, "What stands in the way", page.reasons)
    _title(console, "The figures")
    console.print(_figures(page, console.width))
    for part in page.parts:
        _part(console, part, page, verbose)
    if page.what_ifs:
        _title(console, "What would remain after a change")
        console.print(_what_ifs(page, console.width))
    _sentences(console, "Taken all the way", converted(page))
    if page.contrast:
        _sentences(console, contrast_title(page.contrast), instead(page.contrast))
    if page.published:
        _title(console, "Published figures")
        console.print(_published(page, console.width))
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


def _end(word: str) -> str:
    """The end of a node's name that would take too much of a column."""
    return f"…{word[1 - LONGEST :]}" if len(word) > LONGEST and "/" in word else word


def _figures(page: Page, columns: int) -> RenderableType:
    head, *rows = figures(page)
    right: JustifyMethod = "right"
    sides: list[JustifyMethod] = ["left", *[right for _ in head[1:]]]
    cells = [[*map(terminal, row)] for row in rows]
    if sum(max(map(cell_len, column)) + GAP for column in zip(*cells, strict=True)) > columns:
        cells = [[" ".join(map(_end, cell.split(" "))) for cell in row] for row in cells]
    return laid_out(cells, columns, [*map(terminal, head)], sides)


def _part(console: Console, part: Part, page: Page, verbose: bool) -> None:
    several = len(page.parts) > 1
    for one in objections(part, page.built_in):
        heading = one.heading
        _title(console, f"{part.label}: {heading}" if several else heading[:1].upper() + heading[1:])
        for group in one.groups:
            _group(console, group, one.colour, verbose)
        _note(console, one.note)
    if part.front_end:
        _title(console, f"{part.label}: what the real converter's front end said")
        for answer in part.front_end:
            said, remark = front_end_words(answer)
            text = f"{answer.form}: {said}" + (f" ({remark})" if remark else "")
            console.print(Padding(Text(terminal(text)), (0, 0, 0, 2)))
            for reason, count in answer.reasons:
                console.print(Padding(Text(f"{count}× {terminal(reason)}", "dim"), (0, 0, 0, 4)))
        for note in front_end_notes(part):
            _note(console, note)


def _note(console: Console, text: str) -> None:
    if text:
        console.print(Padding(Text(terminal(text), "dim"), (0, 0, 0, 2)))


def _group(console: Console, group: ReasonGroup, style: str, verbose: bool) -> None:
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
    for node in group.nodes if verbose else ():
        console.print(Padding(Text(terminal(node), "dim"), (0, 0, 0, 6)))


def _what_ifs(page: Page, columns: int) -> RenderableType:
    rows = []
    for what_if in page.what_ifs:
        left = Text(
            terminal(lift_left(what_if, page.parts[0].report.memory.budget_bytes)),
            "red" if what_if.remains else "green",
        )
        rows.append((terminal(what_if.change), lift_total(what_if), lift_time(what_if), left))
    return laid_out(rows, columns, LIFTS, ("left", "right", "right"))


def _published(page: Page, columns: int) -> RenderableType:
    rows = []
    for one in page.published:
        name, value, remark, source = map(terminal, published_row(page, one))
        rows.append((name, value, "; ".join(part for part in (source, remark) if part)))
    return laid_out(rows, columns, ("figure", "value", "source; remark"), ("left", "right"))
