"""A comparison as Markdown, CSV, JSON, or in a terminal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table as Grid
from rich.text import Text

from ..explain.markdown import table
from ..report.escape import markdown, terminal
from .cells import COLUMNS, sources
from .columns import GAP, fitted, room
from .model import GRAPH, Row, Table

SCHEMA_VERSION = "1.0"
PEAK, TOTAL, PREDICTED = "peak SRAM, MiB", "total, MiB", "predicted, ms"
SUMS = {"parameters": "parameters", "weights": "INT8 weights, MiB", "MACs": "MACs", "milliseconds": PREDICTED}
PUBLISHED = {"mIoU": ("COCO mIoU, %", "LVIS mIoU, %"), "latency": ("published latency",)}
VERDICTS = {
    "refused nodes": "Refused: the converter refuses the operator in the form used, GELU taken as the one operator that quantization exports.",
    "flagged nodes": "Flagged: only the PicoSAM papers' constraint set refuses it.",
}
"""What the legend says of which columns."""
WORDS = ("model", "verdict", "published latency")
"""Columns that are no figures: they start at the left."""


def legend(result: Table, shown: Collection[str] = tuple(COLUMNS)) -> list[str]:
    """What the columns ``shown`` mean, as sentences."""
    said = [
        f"Target {result.target}, {result.converter}, {result.budget_bytes:,} B for weights, activations, the kept input and the reserved block; of several networks all weights and the "
        "largest activations count."
    ]
    sums = [word for word, heading in SUMS.items() if heading in shown]
    if any(len(row.parts) > 1 for row in result.rows) and (sums or PEAK in shown):
        parts = [f"{listed(sums)} are their sums"] if sums else []
        parts += ["peak SRAM is the larger one's"] if PEAK in shown else []
        said.append(f"Where a model has several networks, {', '.join(parts)}.")
    if any(row.tiled_total_bytes for row in result.rows) and TOTAL in shown:
        said.append(
            "In tiles: what the converter needs once it has cut the rows of layers; all else is without tiles."
        )
    words = [sentence for heading, sentence in VERDICTS.items() if heading in shown]
    published = [word for word, headings in PUBLISHED.items() if any(h in shown for h in headings)]
    figures = [f"{listed(published)} are published figures (float / INT8)"] if published else []
    figures += ["milliseconds on the sensor are estimates with their interval"] if PREDICTED in shown else []
    said += [" ".join(words)] if words else []
    said += [f"{'; '.join(figures)}."] if figures else []
    said = [sentence[:1].upper() + sentence[1:] if sentence[:4] != "mIoU" else sentence for sentence in said]
    if any(row.basis != GRAPH for row in result.rows):
        said.append(
            "n/a: the model has no graph here, so nothing is said about it beyond what was published."
        )
    return said


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def print_table(result: Table, console: Console) -> None:
    """The table in a terminal, a line a model; what the width leaves no room for is named."""
    shown = fitted(result.rows, console.width)
    grid = Grid(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for heading, cells in shown.items():
        side: JustifyMethod = "left" if heading in WORDS else "right"
        grid.add_column(heading, justify=side, width=room(heading, cells), overflow="ellipsis")
    for index, row in enumerate(result.rows):
        style = "green" if row.fits else "dim" if row.basis != GRAPH else ""
        grid.add_row(*(Text(cells[index], no_wrap=True) for cells in shown.values()), style=style)
    console.print(grid)
    console.print()
    notes = legend(result, shown)
    if hidden := [heading for heading in COLUMNS if heading not in shown]:
        notes.insert(0, f"No room here for: {'; '.join(hidden)}. --format markdown has them all.")
    if any(cell.endswith("*") for cell in shown.get("verdict", ())):
        notes.insert(0, "* the converter's word; under profile picosam it is another.")
    for sentence in [*notes, *(f"Published: {s}" for s in sources(result.rows, shown))]:
        console.print(Text(terminal(sentence), "dim"))


def to_markdown(result: Table) -> str:
    """The table, its legend and the sources of the published figures."""
    body = table(list(COLUMNS), ([markdown(cell(row)) for cell in COLUMNS.values()] for row in result.rows))
    notes = "\n".join(f"- {markdown(s)}" for s in legend(result))
    cited = "\n".join(f"- {markdown(s)}" for s in sources(result.rows))
    return f"{body}\n\n{notes}\n" + (f"\nPublished figures:\n\n{cited}\n" if cited else "")


def to_csv(result: Table) -> str:
    """Plain numbers, one column a figure; empty where there is none.

    Where ``sized`` is false the bytes are lower bounds, where ``timed`` is false MACs and milliseconds are.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [_flat(row) for row in result.rows]
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue()


def to_json(result: Table) -> str:
    """One object: ``rows`` with every figure, published ones with their sources."""
    rows = [{**asdict(row), "fits": row.fits} for row in result.rows]
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "target": {"name": result.target, "converter": result.converter, "budget_bytes": result.budget_bytes},
        "rows": rows,
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _flat(row: Row) -> dict[str, Any]:
    figure = {k: row.figures.get(k) for k in ("coco_miou", "coco_miou INT8", "lvis_miou", "lvis_miou INT8")}
    latency = row.figures.get("latency") or row.figures.get("latency INT8")
    return {
        "name": _cell(row.name),
        "title": _cell(row.title),
        "basis": row.basis,
        "parts": " ".join(row.parts),
        "parameters": row.parameters,
        "weights_bytes": row.weights_bytes,
        "macs": row.macs,
        "runtime_bytes": row.runtime_bytes,
        "total_bytes": row.total_bytes,
        "tiled_total_bytes": row.tiled_total_bytes,
        "sized": str(row.sized).lower() if row.basis == GRAPH else None,
        "budget_bytes": row.budget_bytes or None,
        "refused_nodes": row.refused_nodes,
        "refused": " ".join(_cell(op) for op in row.refused),
        "flagged_nodes": row.flagged_nodes,
        "flagged": " ".join(_cell(op) for op in row.flagged),
        "unknown_nodes": row.unknown_nodes,
        **{f"verdict_{p}": row.verdicts.get(p) for p in ("converter", "picosam")},
        "dsp_ms": row.dsp_ms,
        "dsp_ms_low": row.dsp_ms_low,
        "dsp_ms_high": row.dsp_ms_high,
        "timed": str(row.timed).lower() if row.basis == GRAPH else None,
        **{k.lower().replace(" ", "_"): p.value if p else None for k, p in figure.items()},
        "published_ms": latency.value if latency else None,
        "published_ms_covers": latency.covers if latency else None,
        "published_ms_source": latency.source if latency else None,
    }


def _cell(text: str) -> str:
    """A name from a model: a spreadsheet must not take it for a formula."""
    shown = terminal(text)
    return f"'{shown}" if shown[:1] in "=+-@" else shown
