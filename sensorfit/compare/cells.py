"""The columns every format shares: their headings and a row's cells as text."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..report.words import VERDICT, at_least
from ..units import show_count
from .model import GRAPH, Row

NOT_KNOWN = "n/a"
"""For a figure that only a graph can give."""

_MEBI = 2**20


def _mebibytes(value: int | None, complete: bool = True) -> str:
    return NOT_KNOWN if value is None else at_least(f"{value / _MEBI:,.2f}", complete, value)


def _count(value: int | None, complete: bool = True) -> str:
    return NOT_KNOWN if value is None else at_least(show_count(value), complete, value)


def _operators(operators: tuple[str, ...], nodes: int | None) -> str:
    if nodes is None:
        return NOT_KNOWN
    return f"{nodes:,}: {', '.join(operators)}" if operators else "none"


def _milliseconds(row: Row) -> str:
    if row.dsp_ms is None or row.dsp_ms_low is None or row.dsp_ms_high is None:
        return NOT_KNOWN
    digits = 2 if row.dsp_ms < 10 else 0
    if not row.timed:
        return at_least(f"{row.dsp_ms_low:,.{digits}f}", False, round(row.dsp_ms_low, digits))
    return f"{row.dsp_ms:,.{digits}f} ({row.dsp_ms_low:,.{digits}f}-{row.dsp_ms_high:,.{digits}f})"


def _verdicts(row: Row) -> str:
    if row.basis != GRAPH:
        return NOT_KNOWN
    if len(set(row.verdicts.values())) == 1:
        return VERDICT[next(iter(row.verdicts.values()))]
    return "; ".join(f"{profile}: {VERDICT[v]}" for profile, v in row.verdicts.items())


def _parameters(row: Row) -> str:
    if row.parameters is not None:
        return show_count(row.parameters)
    given = row.figures.get("parameters")
    return f"{given.value:g} M (published)" if given else NOT_KNOWN


def _latency(row: Row) -> str:
    found = row.figures.get("latency") or row.figures.get("latency INT8")
    return f"{found.value:g} ms, {found.covers or 'coverage not stated'}" if found else ""


def _total(row: Row) -> str:
    tiled = f" ({row.tiled_total_bytes / _MEBI:,.2f} in tiles)" if row.tiled_total_bytes else ""
    return _mebibytes(row.total_bytes, row.sized) + tiled


COLUMNS: dict[str, Callable[[Row], str]] = {
    "model": lambda row: row.title + (f" ({' + '.join(row.parts)})" if row.parts else ""),
    "parameters": _parameters,
    "INT8 weights, MiB": lambda row: _mebibytes(row.weights_bytes),
    "MACs": lambda row: _count(row.macs, row.timed),
    "peak SRAM, MiB": lambda row: _mebibytes(row.runtime_bytes, row.sized),
    "total, MiB": _total,
    "refused nodes": lambda row: _operators(row.refused, row.refused_nodes),
    "flagged nodes": lambda row: _operators(row.flagged, row.flagged_nodes),
    "verdict": _verdicts,
    "predicted, ms": _milliseconds,
    "COCO mIoU, %": lambda row: row.published("coco_miou"),
    "LVIS mIoU, %": lambda row: row.published("lvis_miou"),
    "published latency": _latency,
}
"""Heading to cell."""


CITED = {
    "parameters": "parameters",
    "coco_miou": "COCO mIoU, %",
    "lvis_miou": "LVIS mIoU, %",
    "latency": "published latency",
}
"""Kinds of published figures and their headings."""


def sources(rows: tuple[Row, ...], shown: Collection[str] = tuple(COLUMNS)) -> list[str]:
    """Where the published figures in the columns ``shown`` come from, each source once."""
    used = [
        p
        for row in rows
        for key, p in row.figures.items()
        if CITED.get(key.partition(" ")[0]) in shown and not (key == "parameters" and row.basis == GRAPH)
    ]
    return list(dict.fromkeys(p.source + ("" if p.first_hand else " (second-hand)") for p in used))
