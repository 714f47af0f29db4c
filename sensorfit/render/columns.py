"""Tables that cut no figure: columns wrap between words, and where even that has no room, rows are stacked.

wide      weights   28,448 B           narrow    runtime
          runtime  271,360 B  a note             271,360 B
                                                 a note
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Cell = str | Text
GAP = 2
"""Blanks between two columns."""
SLACK = 8
"""Characters that a column may take beyond its share where no cell has to wrap then."""


def widths(columns: Sequence[Sequence[str]], room: int, gap: int = GAP) -> list[int] | None:
    """A width for each column such that words stay whole; None where ``room`` is not enough for that.

    Each gets its longest word; what is left goes to those that want least first.
    """
    least = [max((cell_len(word) for text in texts for word in text.split()), default=0) for texts in columns]
    most = [max(map(cell_len, texts), default=0) for texts in columns]
    spare = room - sum(least) - gap * (len(columns) - 1)
    if spare < 0:
        return None
    found = list(least)
    wanting = sorted(range(len(columns)), key=lambda i: most[i] - least[i])
    for place, index in enumerate(wanting):
        wants, share = most[index] - least[index], spare // (len(wanting) - place)
        more = wants if wants <= min(spare, share + SLACK) else share
        found[index] += more
        spare -= more
    return found


def laid_out(
    rows: Sequence[Sequence[Cell]],
    room: int,
    head: Sequence[str] = (),
    sides: Sequence[JustifyMethod] = (),
) -> RenderableType:
    """``rows`` as columns in ``room`` characters, stacked where they do not fit; ``sides`` are the columns' justifications."""
    texts = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    plain = [[text.plain for text in row] for row in texts]
    columns = [list(column) for column in zip(*([list(head)] if head else []), *plain, strict=True)]
    found = widths(columns, room)
    if found is None:
        return Group(*(line for row in texts for line in _stacked(row, head)))
    grid = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=bool(head))
    for index, width in enumerate(found):
        side = sides[index] if index < len(sides) else "left"
        grid.add_column(head[index] if head else "", width=width, justify=side)
    for row in texts:
        grid.add_row(*row)
    return grid


def _stacked(row: Sequence[Text], head: Sequence[str]) -> list[RenderableType]:
    """The first cell, and below it the others, each behind its heading."""
    lines: list[RenderableType] = [row[0]]
    for index, text in enumerate(row[1:], 1):
        if text.plain:
            label = f"{head[index]}  " if head and head[index] else ""
            lines.append(Padding(Text.assemble((label, "dim"), text), (0, 0, 0, GAP), expand=False))
    return lines
