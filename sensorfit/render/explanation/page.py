"""An explanation on one page of a terminal: at most 60 lines of 80 columns, whatever the model.

What there is no room for is counted; Markdown, HTML and ``--verbose`` have all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ...explanation.blocks import UNNAMED
from ...explanation.model import Page, ReasonGroup
from ...report.causes import causes, in_short
from ...report.next_step import ahead, check_command, explain_command, last_line
from ...report.outcome import Outcome
from ...report.phrases import VERDICT
from ..console import VERDICT_STYLE
from ..escape import terminal
from .compact import lift_rows, rows
from .phrases import contrast_title, converted, front_end_words, instead, objections, published_row

LINES: Final = 60
DEPTHS: Final = (5, 4, 3, 2)
"""Lines of an item: as many as leave the page short enough."""
HINTS: Final = 4
_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*")


Item = list[Text | tuple[Text, Text]]
"""Paragraphs, some with a shorter form for where the whole one has no room."""


@dataclass
class Section:
    """A title and items, the most important first."""

    title: str
    items: list[Item]
    least: int = 1
    """How many of them stay, whatever the room."""
    rank: int = 0
    """The sections of the highest give way first."""
    dropped: int = 0

    def lines(self, console: Console, depth: int) -> list[Text]:
        """A blank, the title, the items, what is left out."""
        if not self.items:
            return []
        found = [Text(), Text(terminal(self.title), "bold")]
        for item in self.items:
            found += _item(item, console, depth)
        if self.dropped:
            found.append(Text(f"  and {self.dropped:,} more", "dim"))
        return found

    def drop(self) -> None:
        """Leave the last item out."""
        self.items.pop()
        self.dropped += 1


def print_page(page: Page, console: Console) -> None:
    """Write the page to ``console``."""
    head = _head(page, console)
    sections = [s for s in _sections(page, console.width) if s.items]
    end = [Text(), *_end(page, console.width)]
    end_lines = sum(len(line.wrap(console, console.width)) or 1 for line in end)
    body = _fitted(sections, console, LINES - len(head) - end_lines)
    for line in (*head, *body):
        console.print(line)
    for line in end:
        console.print(line, soft_wrap=line.plain.startswith("sensorfit "))


def _fitted(sections: Sequence[Section], console: Console, room: int) -> list[Text]:
    """The sections in ``room`` lines: first with shorter items, then with fewer, the least important first."""
    for depth in DEPTHS:
        found = _lines(sections, console, depth)
        if len(found) <= room:
            return found
    while len(found) > room:
        open_ = [s for s in sections if len(s.items) > s.least]
        if not open_:
            break
        rank = max(s.rank for s in open_)
        max((s for s in open_ if s.rank == rank), key=lambda s: len(s.items)).drop()
        found = _lines(sections, console, DEPTHS[-1])
    return found


def _lines(sections: Sequence[Section], console: Console, depth: int) -> list[Text]:
    found = [line for s in sections for line in s.lines(console, depth)]
    gone = [f"{s.title} ({s.dropped})" for s in sections if not s.items]
    if gone:
        found += [Text(), *_flat(Text(f"Left out here: {'; '.join(gone)}", "dim"), console)]
    return found


def _item(item: Item, console: Console, depth: int) -> list[Text]:
    """The first ``depth`` lines of an item's paragraphs; what is cut off a paragraph ends in dots."""
    found: list[Text] = []
    for index, paragraph in enumerate(item):
        indent = "  " if index == 0 else "      "
        whole, short = paragraph if isinstance(paragraph, tuple) else (paragraph, None)
        width = max(8, console.width - len(indent))
        lines = list(whole.wrap(console, width))
        room = depth - len(found)
        if len(lines) > room and short is not None:
            lines = list(short.wrap(console, width))
        if len(lines) > room:
            if room <= 0:
                break
            lines = [*lines[: room - 1], _dotted(lines[room - 1], console, width)]
        found += [Text(indent).append_text(line) for line in lines]
    return found


def _dotted(line: Text, console: Console, width: int) -> Text:
    line.rstrip()
    dots = "…" if console.encoding.lower().startswith("utf") else "..."
    line.truncate(width - len(dots))
    return line.append(dots)


def _head(page: Page, console: Console) -> list[Text]:
    _, style = VERDICT_STYLE[page.verdict]
    found = [Text(terminal(page.headline), style)]
    others = [f"profile {p}: {VERDICT[v]}" for p, v in page.shown_verdicts.items() if v != page.verdict]
    notes = [*([page.note] if page.note else []), " · ".join((page.judged_by, *others))]
    return [
        line
        for text in (*found, *(Text(terminal(note), "dim") for note in notes))
        for line in _flat(text, console)
    ]


def _flat(text: Text, console: Console) -> list[Text]:
    lines = list(text.wrap(console, console.width))
    return lines if len(lines) <= 2 else [lines[0], _dotted(lines[1], console, console.width)]


def _sections(page: Page, columns: int) -> Iterator[Section]:
    """What the page says, in its order."""
    yield Section("What stands in the way", _plain(map(_short, page.reasons), "• "), least=4)
    figures: list[Item] = [[Text(line)] for line in rows(page, columns - 2)]
    yield Section("The figures", figures, least=len(figures))
    several = len(page.parts) > 1
    for part in page.parts:
        for one in objections(part, page.built_in and not part.refused):
            heading = f"{part.label}: {one.heading}" if several else one.heading[:1].upper() + one.heading[1:]
            yield Section(heading, [_refusal(g, one.colour) for g in _merged(one.groups)], least=2)
    if page.what_ifs:
        lifts = [_lift(*row) for row in lift_rows(page)]
        yield Section("What would remain after a change", lifts, least=2)
    else:
        yield Section("What it could gain", list(_hints(page)), rank=1)
    yield Section("What the real converter said", _plain(_front_end(page)), least=0, rank=2)
    if page.contrast:
        yield Section(contrast_title(page.contrast), _plain(instead(page.contrast), "• "), least=0, rank=3)
    said = [" ".join(published_row(page, one)[:2]) for one in page.published]
    yield Section("Published figures", _plain([" · ".join(said)] if said else []), least=0, rank=3)
    yield Section("To bear in mind", _plain(reversed(page.caveats), "• "), rank=1)


def _plain(sentences: Iterable[str], bullet: str = "") -> list[Item]:
    return [[Text(f"{bullet}{terminal(sentence)}")] for sentence in sentences]


def _short(sentence: str) -> str:
    """A reason without the bytes that the table of figures has."""
    head, taken, _ = sentence.partition(", of which ")
    return f"{head}." if taken else sentence


def _merged(groups: Sequence[ReasonGroup]) -> list[list[ReasonGroup]]:
    """Groups with the same way out, those that most nodes are in first."""
    found: dict[str, list[ReasonGroup]] = {}
    for group in groups:
        found.setdefault(_NUMBER.sub("#", group.fix or group.reason), []).append(group)
    return sorted(found.values(), key=lambda members: -len({n for g in members for n in g.nodes}))


def _refusal(groups: Sequence[ReasonGroup], colour: str) -> Item:
    """Which rules refuse what; the way out, the reason, where."""
    first = groups[0]
    nodes: dict[str, set[str]] = {}
    for group in groups:
        nodes.setdefault(group.op, set()).update(group.nodes)
    ops = ", ".join(f"{terminal(op)} ×{len(names) or 1:,}" for op, names in nodes.items() if op)
    ids = " ".join(dict.fromkeys(g.rule for g in groups))
    where = ", ".join(dict.fromkeys(b for g in groups for b in g.blocks if b != UNNAMED))
    found: Item = [Text.assemble((ids, f"bold {colour}"), "  ", (ops, "bold"))]
    if first.fix:
        whole, short = (Text(f"fix {terminal(fix)}") for fix in (first.fix, in_short(first.fix)))
        found.append((whole, short))
    found.append(Text(terminal(first.reason)))
    return [*found, Text(f"in {terminal(where)}", "dim")] if where else found


def _lift(change: str, total: str, time: str, left: str, clear: bool) -> Item:
    figures = ", ".join(filter(None, (total, time)))
    colour = "green" if clear else "red"
    return [Text(terminal(change)), Text.assemble(f"{figures}; left: ", (terminal(left), colour))]


def _hints(page: Page) -> Iterator[Item]:
    """What would make a network that fits cheaper."""
    for part in page.parts:
        for cause in [c for c in causes(part.report) if c.severity != "error" and c.gain][:HINTS]:
            where = ", ".join(cause.operators) or cause.findings[0].family.partition("-")[0]
            count = f" ×{cause.nodes:,}" if cause.nodes > 1 else ""
            yield [Text(f"{terminal(where)}{count}: {terminal(cause.fix)} ({cause.gain})")]


def _front_end(page: Page) -> Iterator[str]:
    for part in page.parts:
        who = f"{part.label}: " if len(page.parts) > 1 else ""
        for answer in part.front_end:
            yield f"{who}{answer.form}: {front_end_words(answer)[0]}"
    yield from converted(page)


def _end(page: Page, columns: int) -> list[Text]:
    """The next command: the one that uses the network or mends it, else the check of what was changed by hand."""
    report = page.parts[0].report
    outcome = Outcome(page.model, report, exit_code=report.exit_code())
    whole = f"{explain_command(outcome)} --output explain.html"
    if len(page.parts) == 1:
        sentence, command = last_line(outcome)
        if command and not command.startswith("sensorfit explain"):
            said = ahead(outcome, columns)
            by_hand = sentence[sentence.find("Next:") :] if sentence.endswith(", then:") else "Next:"
            return [
                *([Text(said)] if said else []),
                *_command("The whole page:", whole, columns, "dim"),
                *_command(by_hand, command, columns, "bold"),
            ]
    again = f"sensorfit check model.onnx{report.target.option}" if page.built_in else check_command(outcome)
    return [
        *_command("The whole page:", whole, columns, "dim"),
        *_command("Next: change the network as said above, then:", again, columns, "bold"),
    ]


def _command(label: str, command: str, columns: int, style: str) -> list[Text]:
    """A command behind its label, or on a line of its own, which is never broken: it can be copied whole."""
    line = Text.assemble(f"{label} ", (terminal(command), style))
    return [line] if cell_len(line.plain) <= columns else [Text(label), Text(terminal(command), style)]
