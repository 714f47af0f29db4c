"""A comparison as Markdown, CSV, JSON, or in a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from ...comparison.model import GRAPH, Row, Table
from ...report.json_text import dumps
from ..escape import markdown, terminal
from ..explanation.markdown import table
from .cells import LATENCY, citing, whole
from .columns import GAP, fitted, name, room
from .flat import flat
from .legend import bracketed, footnotes, legend, remarked, without_graph
from .sources import Sources

SCHEMA_VERSION = "1.1"
WORDS = ("model", "verdict", LATENCY)
"""Columns that are no figures: they start at the left."""


def print_table(result: Table, console: Console) -> None:
    """The table in a terminal, a line a model; what the width leaves no room for is named."""
    shown = fitted(result.rows, console.width)
    grid = Grid(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for heading, cells in shown.items():
        width = room(heading, cells)
        grid.add_column(
            heading, justify="left" if heading in WORDS else "right", width=width, overflow="ellipsis"
        )
        if heading not in WORDS:
            cells[:] = [" " * (width - cell_len(cell)) + cell for cell in cells]
    for index, row in enumerate(result.rows):
        style = "green" if row.fits else "dim" if row.basis != GRAPH else ""
        # to the left even where they end at the right: rich would drop the blank that stands for a mark
        line = (Text(cells[index], no_wrap=True, justify="left") for cells in shown.values())
        grid.add_row(*line, style=style)
    console.print(grid)
    console.print()
    notes = []
    if any("*" in cell for cell in shown.get("verdict", ())):
        notes.append(
            "* by the converter; by the PicoSAM papers' rules (check --profile picosam) it is another."
        )
    if hidden := [h for h in whole(result.rows, Sources(result.rows)) if h not in shown]:
        notes.append(f"No room here for: {'; '.join(hidden)}. --format markdown has them all.")
    said, cited = below(result, shown, name)
    for sentence in (*notes, *said, *cited):
        console.print(Text(terminal(sentence), "dim"))


def to_markdown(result: Table) -> str:
    """The table, its legend and the sources of the published figures."""
    cells = whole(result.rows, Sources(result.rows))
    body = table(list(cells), (list(map(markdown, row)) for row in zip(*cells.values(), strict=True)))
    said, cited = (
        "\n".join(f"- {markdown(s)}" for s in lines) for lines in below(result, cells, lambda row: row.title)
    )
    return f"{body}\n\n{said}\n" + (f"\nSources of the published figures:\n\n{cited}\n" if cited else "")


def to_csv(result: Table) -> str:
    """Plain numbers, one column a figure, each published one with its source; empty where there is none.

    Where ``sized`` is false the bytes are lower bounds, where ``timed`` is false MACs and milliseconds are.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [{**flat(row), "target": result.target, "converter": result.converter} for row in result.rows]
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue()


def to_json(result: Table) -> str:
    """One object: ``rows`` with every figure, published ones with their sources; null for what is not known."""
    rows = [{**asdict(row), "fits": row.fits} for row in result.rows]
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "target": {
            "name": result.target,
            "converter": result.converter,
            "budget_bytes": result.budget_bytes,
            **({"installed": result.installed} if result.installed else {}),
        },
        "rows": rows,
    }
    return dumps(found) + "\n"


def below(
    result: Table, cells: dict[str, list[str]], naming: Callable[[Row], str]
) -> tuple[list[str], list[str]]:
    """What stands under a table of ``cells``: the sentences, and the numbered sources."""
    sources = Sources(result.rows)
    cited = sources.listing(citing(cells))
    said = [
        *footnotes(result.rows, cells, sources, naming),
        *legend(result, cells),
        *without_graph(result.rows, naming),
        *remarked(result.rows, cells, sources, naming),
        *([bracketed(result.rows)] if cited else []),
    ]
    return said, cited
