"""A row as CSV: plain numbers, one column a figure."""

from __future__ import annotations

from typing import Any

from ...comparison.model import VARIANT, Row
from ...models.published import Published
from ..escape import terminal

FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet reads as the beginning of a formula."""
PUBLISHED = {
    "coco_miou": ("coco_miou", 1),
    "coco_miou_int8": (f"coco_miou {VARIANT}", 1),
    "lvis_miou": ("lvis_miou", 1),
    "lvis_miou_int8": (f"lvis_miou {VARIANT}", 1),
    "published_parameters": ("parameters", 10**6),
    "published_macs": ("macs", 10**9),
    "published_size_bytes": ("size", 10**6),
    "published_size_bytes_int8": (f"size {VARIANT}", 10**6),
}
"""Column of a published figure, its kind, and by what its unit is multiplied; its source is the next column."""
COVERED = ("published_parameters", "published_macs")
"""Those that may be about more or less than the graph: another column says what they cover."""


def flat(row: Row) -> dict[str, Any]:
    """Cells by heading; None where there is no figure."""
    return {
        "name": _cell(row.name),
        "title": _cell(row.title),
        "basis": row.basis,
        "note": _cell(row.note),
        "parts": " ".join(row.parts),
        "parameters": row.parameters,
        "weights_bytes": row.weights_bytes,
        "macs": row.macs,
        "runtime_bytes": row.runtime_bytes,
        "total_bytes": row.total_bytes,
        "tiled_total_bytes": row.tiled_total_bytes,
        "sized": _truth(row.sized),
        "memory_notes": _cell(" | ".join(row.memory_notes)),
        "budget_bytes": row.budget_bytes,
        "refused_nodes": row.refused_nodes,
        "refused": " ".join(_cell(op) for op in row.refused),
        "flagged_nodes": row.flagged_nodes,
        "flagged": " ".join(_cell(op) for op in row.flagged),
        "unknown_nodes": row.unknown_nodes,
        "foreign_inputs": _cell(" | ".join(row.foreign_inputs)),
        **{f"verdict_{p}": row.verdicts.get(p) for p in ("converter", "picosam")},
        "fits": _truth(row.fits),
        "dsp_ms": row.dsp_ms,
        "dsp_ms_low": row.dsp_ms_low,
        "dsp_ms_high": row.dsp_ms_high,
        "timed": _truth(row.timed),
        **_published(row),
    }


def _published(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for heading, (kind, factor) in PUBLISHED.items():
        given = row.figures.get(kind)
        found[heading] = given and _number(given, factor)
        if heading in COVERED:
            found[f"{heading}_covers"] = given and given.covers
        found[f"{heading}_source"] = given and given.cited
    latency = next(iter(row.published("latency")), None)
    return {
        **found,
        "published_ms": latency and latency.value,
        "published_ms_covers": latency and latency.covers,
        "published_ms_source": latency and latency.cited,
    }


def _number(given: Published, factor: int) -> float:
    return given.value if factor == 1 else round(given.value * factor)


def _truth(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _cell(text: str) -> str:
    """A name from a model: a spreadsheet must not take it for a formula."""
    shown = terminal(text)
    return f"'{shown}" if shown.startswith(FORMULA) else shown
