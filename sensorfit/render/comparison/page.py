"""A comparison as a page: mIoU against total SRAM, the whole table, what its marks mean."""

from __future__ import annotations

from ...comparison.model import Table
from ...report.phrases import counted
from ..document import Head, Point, document, listing, scatter, table
from .cells import whole
from .formats import below
from .plot import DATASETS, points
from .sources import Sources

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
        table("The table", list(cells), zip(*cells.values(), strict=True)),
        listing("Notes", said),
        listing("Sources of the published figures", cited),
    ]
    about = f"{result.target}, {result.converter}. Bytes and milliseconds are predicted; mIoU is published."
    return document(title, [], sections, Head(title, "", about))
