"""Which columns a terminal of some width gets, and in how many words: a model is one line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from ...comparison.model import GRAPH, Row
from ...report.phrases import VERDICT
from ..escape import terminal
from .cells import (
    COCO,
    COLUMNS,
    LATENCY,
    LVIS,
    MACS,
    NOT_KNOWN,
    PARAMETERS,
    PEAK,
    PREDICTED,
    SIZE,
    TOTAL,
    WEIGHTS,
    Cell,
    counted,
    foreign,
    latency,
    middle,
    whole,
)
from .sources import Sources

IMPORTANCE = (
    "model", "verdict", TOTAL, "refused nodes", PREDICTED, MACS, COCO, PARAMETERS, PEAK, WEIGHTS, "flagged nodes",
    LVIS, LATENCY, SIZE,
)  # fmt: skip
"""Headings, the one a narrow terminal loses last first."""
GAP = 2
"""Blanks between two columns."""
LONGEST = 36
"""Characters of a model's name that are shown; of a longer one, the end."""


def name(row: Row) -> str:
    """What one types, and which network it is where that is one of several alone."""
    typed = terminal(row.name)
    typed = typed if len(typed) <= LONGEST else "…" + typed[1 - LONGEST :]
    return typed + (f" ({row.parts[0]})" if len(row.parts) == 1 else "")


def _verdict(row: Row) -> str:
    words = [VERDICT[verdict] for verdict in row.verdicts.values()]
    return words[0] + (" *" if len(set(words)) > 1 else "") + foreign(row) if words else NOT_KNOWN


def _device(covers: str) -> str:
    """The device, without what else a latency covers."""
    return re.split("[;:,]", covers)[0]


BRIEF: Mapping[str, Cell] = {
    "model": lambda row, _: name(row),
    PARAMETERS: lambda row, sources: counted(row, sources, "parameters", published=False),
    MACS: lambda row, sources: counted(row, sources, "macs", published=False),
    "verdict": lambda row, _: _verdict(row),
    "refused nodes": lambda row, _: f"{row.refused_nodes:,}" if row.basis == GRAPH else NOT_KNOWN,
    "flagged nodes": lambda row, _: f"{row.flagged_nodes:,}" if row.basis == GRAPH else NOT_KNOWN,
    PREDICTED: lambda row, _: middle(row),
    LATENCY: lambda row, sources: latency(row, sources, _device),
}
"""Cells in few words, where the whole ones do not fit on the line."""


def whole_width(rows: Sequence[Row]) -> int:
    """Characters of a line that has every column in whole words."""
    sources = Sources(rows)
    marks = [sources.marks(row) for row in rows]
    full = {h: _aligned(list(map(terminal, cells)), marks) for h, cells in whole(rows, sources).items()}
    full["model"] = [name(row) for row in rows]
    return sum(room(heading, cells) + GAP for heading, cells in full.items()) - GAP


def fitted(rows: Sequence[Row], width: int) -> dict[str, list[str]]:
    """Cells by heading, in the table's order: as many columns as fit, then as many whole words."""
    sources = Sources(rows)
    marks = [sources.marks(row) for row in rows]
    full = {
        h: _aligned([terminal(cell) for cell in cells], marks) for h, cells in whole(rows, sources).items()
    }
    brief = dict(full)
    for heading in full:
        if heading in BRIEF:
            brief[heading] = [terminal(BRIEF[heading](row, sources)) for row in rows]
    chosen: dict[str, list[str]] = {}
    left = width + GAP
    for heading in (h for h in IMPORTANCE if h in full):
        needed = room(heading, brief[heading]) + GAP
        if needed <= left or not chosen:
            chosen[heading] = brief[heading]
            left -= needed
    for heading in (h for h in IMPORTANCE if h in chosen and h != "model"):  # a name is what one types
        more = room(heading, full[heading]) - room(heading, brief[heading])
        if more <= left:
            chosen[heading] = full[heading]
            left -= more
    return {heading: chosen[heading] for heading in COLUMNS if heading in chosen}


def _aligned(cells: list[str], marks: Sequence[str]) -> list[str]:
    """``cells`` with room for the ``marks`` behind a figure, so that the figures above and below it stand in line."""
    behind = [len(m) if m and c.endswith(m) else 0 for c, m in zip(cells, marks, strict=True)]
    return [cell + " " * (max(behind) - taken) for cell, taken in zip(cells, behind, strict=True)]


def room(heading: str, cells: Sequence[str]) -> int:
    """The width of a column: its longest cell, or the longest word of its heading, which may wrap."""
    return max(cell_len(text) for text in (*heading.split(), *cells))
