"""A comparison as a page: mIoU against total SRAM, the figures in two tables, what their marks mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...comparison.model import Table
from ...report.phrases import counted
from ..document import Head, Point, document, listing, scatter, table
from .cells import PEAK, PREDICTED, TOTAL, WEIGHTS, whole
from .formats import below
from .plot import DATASETS, points
from .sources import Sources

JUDGED = ("model", "verdict", TOTAL, "refused nodes", PREDICTED, PEAK, WEIGHTS, "flagged nodes")
"""Columns of the first table, what a phone shows first to the left; the others, after the model again, are the second's."""

_MEBI = 2**20


def render(result: Table) -> str:
    """The whole comparison as one HTML file."""
    fitting = sum(bool(row.fits) for row in result.rows)
    title = f"{fitting} of {counted(len(result.rows), 'model')} {'fits' if fitting == 1 else 'fit'}"
    cells = whole(result.rows, Sources(result.rows))
    said, cited = below(result, cells, lambda row: row.title)
    kinds = list(DATASETS)
    placed = [
        Point(row.title, total, miou, "fits" if row.fits else "does_not_fit", kinds.index(kind))
        for row, kind, total, miou in points(result)
    ]
    budget = result.budget_bytes / _MEBI
    sections = [
        scatter(
            "Published mIoU against memory",
            ("total memory at INT8 (MiB)", "published mIoU (%)"),
            placed,
            (budget, f"budget, {budget:.2f} MiB"),
            f"Filled: fits. Circle: {DATASETS[kinds[0]][0]}, square: {DATASETS[kinds[1]][0]}.",
        ),
        _columns("What the sensor takes", cells, JUDGED),
        _columns("What the networks are", cells, ["model", *(h for h in cells if h not in JUDGED)]),
        listing("Notes", said),
        listing("Sources of the published figures", cited),
    ]
    about = f"{result.target}, {result.converter}. Bytes and milliseconds are predicted; mIoU is published."
    return document(title, [], sections, Head(title, "", about))


def _columns(title: str, cells: dict[str, list[str]], headings: Sequence[str]) -> dict[str, Any]:
    shown = {heading: cells[heading] for heading in headings if heading in cells}
    return table(title, list(shown), zip(*shown.values(), strict=True))
