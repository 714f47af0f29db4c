"""Which columns a terminal of some width gets, and in how many words: a model is one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len

from ..report.escape import terminal
from ..report.words import VERDICT
from .cells import COLUMNS
from .model import GRAPH, Row

IMPORTANCE = (
    "model", "verdict", "total, MiB", "refused nodes", "MACs", "parameters", "COCO mIoU, %", "predicted, ms",
    "peak SRAM, MiB", "INT8 weights, MiB", "flagged nodes", "LVIS mIoU, %", "published latency",
)  # fmt: skip
"""Headings, the one a narrow terminal loses last first."""
GAP = 2
"""Blanks between two columns."""
LONGEST = 36
"""Characters of a model's name that are shown; of a longer one, the end."""


def _name(row: Row) -> str:
    name = terminal(row.name)
    return name if len(name) <= LONGEST else "…" + name[1 - LONGEST :]


def _verdict(row: Row) -> str:
    words = [VERDICT[verdict] for verdict in row.verdicts.values()]
    return words[0] + (" *" if len(set(words)) > 1 else "") if words else COLUMNS["verdict"](row)


def _latency(row: Row) -> str:
    """The figure and the device, without what else it covers."""
    return ",".join(re.split("[;:,]", COLUMNS["published latency"](row))[:2])


BRIEF: Mapping[str, Callable[[Row], str]] = {
    "model": _name,
    "parameters": lambda row: COLUMNS["parameters"](row).partition(" (")[0],
    "verdict": _verdict,
    "refused nodes": lambda row: f"{row.refused_nodes:,}" if row.basis == GRAPH else "n/a",
    "flagged nodes": lambda row: f"{row.flagged_nodes:,}" if row.basis == GRAPH else "n/a",
    "published latency": _latency,
}
"""Cells in few words, where the whole ones do not fit on the line."""


def fitted(rows: Sequence[Row], width: int) -> dict[str, list[str]]:
    """Cells by heading, in the table's order: as many columns as fit, then as many whole words."""
    whole = {heading: [terminal(cell(row)) for row in rows] for heading, cell in COLUMNS.items()}
    brief = {h: [terminal(BRIEF[h](row)) for row in rows] if h in BRIEF else whole[h] for h in COLUMNS}
    chosen: dict[str, list[str]] = {}
    left = width + GAP
    for heading in IMPORTANCE:
        needed = room(heading, brief[heading]) + GAP
        if needed <= left or not chosen:
            chosen[heading] = brief[heading]
            left -= needed
    for heading in (h for h in IMPORTANCE if h in chosen and h != "model"):  # a name is what one types
        more = room(heading, whole[heading]) - room(heading, brief[heading])
        if more <= left:
            chosen[heading] = whole[heading]
            left -= more
    return {heading: chosen[heading] for heading in COLUMNS if heading in chosen}


def room(heading: str, cells: Sequence[str]) -> int:
    """The width of a column: its longest cell, or the longest word of its heading, which may wrap."""
    return max(cell_len(text) for text in (*heading.split(), *cells))
