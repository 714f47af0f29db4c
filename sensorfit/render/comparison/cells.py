"""The columns every format shares: their headings and a row's cells as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...comparison.model import GRAPH, Row
from ...report.phrases import VERDICT, at_least
from ...units import show_count
from .sources import Sources

NOT_KNOWN = "n/a"
"""For a figure that only a graph can give."""
FOREIGN = "†"
"""The mark at the verdict of a network that takes what the sensor does not deliver."""
OPEN = "size open"
"""For a figure that depends on the size of an input, which the file leaves open."""
PARAMETERS, MACS = "parameters", "MACs"
WEIGHTS, PEAK, TOTAL, PREDICTED = "INT8 weights, MiB", "peak SRAM, MiB", "total, MiB", "predicted, ms"
COCO, LVIS, SIZE, LATENCY = "COCO mIoU, %", "LVIS mIoU, %", "published size, MB", "published latency"
KINDS = {PARAMETERS: "parameters", MACS: "macs", COCO: "coco_miou", LVIS: "lvis_miou", SIZE: "size"}
"""Columns of published figures and the kinds they show; latency says in its cell what it covers."""
_UNITS = {"parameters": " M", "macs": " G"}

_MEBI = 2**20

Cell = Callable[[Row, Sources], str]


def _mebibytes(value: int | None, complete: bool | None = True) -> str:
    return NOT_KNOWN if value is None else at_least(f"{value / _MEBI:,.2f}", bool(complete), value)


def _operators(operators: tuple[str, ...], nodes: int | None) -> str:
    if nodes is None:
        return NOT_KNOWN
    return f"{nodes:,}: {', '.join(operators)}" if operators else "none"


def _milliseconds(row: Row) -> str:
    if row.dsp_ms is None or row.dsp_ms_low is None or row.dsp_ms_high is None:
        return NOT_KNOWN
    if row.open_inputs:
        return OPEN
    digits = 2 if row.dsp_ms < 10 else 0
    if not row.timed:
        return at_least(f"{row.dsp_ms_low:,.{digits}f}", False, round(row.dsp_ms_low, digits))
    return f"{row.dsp_ms:,.{digits}f} ({row.dsp_ms_low:,.{digits}f}-{row.dsp_ms_high:,.{digits}f})"


def _verdicts(row: Row) -> str:
    if row.basis != GRAPH:
        return NOT_KNOWN
    if len(set(row.verdicts.values())) == 1:
        said = VERDICT[next(iter(row.verdicts.values()))]
    else:
        said = "; ".join(f"{profile}: {VERDICT[v]}" for profile, v in row.verdicts.items())
    return said + foreign(row)


def foreign(row: Row) -> str:
    """The mark at the verdict of a network that takes what the sensor does not deliver."""
    return f" {FOREIGN}" if row.foreign_inputs else ""


def _bytes(row: Row, sources: Sources, value: int | None, more: str = "") -> str:
    """Bytes with the marks of what their report says it estimated."""
    return OPEN if row.open_inputs else _mebibytes(value, row.sized) + more + sources.marks(row)


def counted(row: Row, sources: Sources, kind: str, published: bool = True) -> str:
    """Parameters or MACs: counted here and, in brackets, ``published``; what was published alone without a graph."""
    cited = _cited(row, sources, kind, _UNITS[kind])
    value = row.parameters if kind == "parameters" else row.macs
    if value is None:
        return cited or NOT_KNOWN
    if kind == "macs" and row.open_inputs:
        ours = OPEN
    else:
        ours = at_least(show_count(value), kind == "parameters" or bool(row.timed), value)
    return f"{ours} ({cited})" if cited and published else ours


def _cited(row: Row, sources: Sources, kind: str, unit: str = "") -> str:
    return " / ".join(sources.cite(given, unit) for given in row.published(kind))


def remarks(row: Row, sources: Sources, shown: Mapping[str, str]) -> list[str]:
    """What the published figures in the cells ``shown`` cover and what else was noted of them.

    Latencies say it in their cell, derived figures in the list of sources.
    """
    found = []
    for heading, kind in KINDS.items():
        for given in row.published(kind):
            said = "; ".join(filter(None, (given.covers, "" if given.derived else given.note)))
            if said and sources.cite(given, _UNITS.get(kind, "")) in shown.get(heading, ""):
                found.append(f"{heading.partition(',')[0].removeprefix('published ')}: {said}")
    return found


def latency(row: Row, sources: Sources, shorten: Callable[[str], str] = str) -> str:
    """Published milliseconds and what they cover."""
    return "; ".join(
        f"{sources.cite(given, ' ms')}, {shorten(given.covers or 'coverage not stated')}"
        for given in row.published("latency")
    )


def middle(row: Row) -> str:
    """The estimated milliseconds without their interval."""
    return _milliseconds(row).partition(" (")[0]


def _total(row: Row, sources: Sources) -> str:
    tiled = f" ({row.tiled_total_bytes / _MEBI:,.2f} in tiles)" if row.tiled_total_bytes else ""
    return _bytes(row, sources, row.total_bytes, tiled)


def title(row: Row) -> str:
    """The model's name for readers, with the networks it consists of where the title does not say so."""
    said = row.title.split()
    parts = [part for part in row.parts if part not in said]
    return row.title + (f" ({' + '.join(parts)})" if parts else "")


COLUMNS: dict[str, Cell] = {
    "model": lambda row, _: title(row),
    PARAMETERS: lambda row, sources: counted(row, sources, "parameters"),
    WEIGHTS: lambda row, _: _mebibytes(row.weights_bytes),
    MACS: lambda row, sources: counted(row, sources, "macs"),
    PEAK: lambda row, sources: _bytes(row, sources, row.runtime_bytes),
    TOTAL: _total,
    "refused nodes": lambda row, _: _operators(row.refused, row.refused_nodes),
    "flagged nodes": lambda row, _: _operators(row.flagged, row.flagged_nodes),
    "verdict": lambda row, _: _verdicts(row),
    PREDICTED: lambda row, _: _milliseconds(row),
    COCO: lambda row, sources: _cited(row, sources, "coco_miou"),
    LVIS: lambda row, sources: _cited(row, sources, "lvis_miou"),
    SIZE: lambda row, sources: _cited(row, sources, "size"),
    LATENCY: latency,
}
"""Heading to cell."""


def whole(rows: Sequence[Row], sources: Sources) -> dict[str, list[str]]:
    """Every column's cells by heading, in full; without the columns that say nothing of any row, as those of published
    figures of networks of which none are."""
    cells = {heading: [cell(row, sources) for row in rows] for heading, cell in COLUMNS.items()}
    return {heading: column for heading, column in cells.items() if any(column)}


def citing(cells: dict[str, list[str]]) -> list[str]:
    """Those of ``cells`` in which a source may be cited; a model's name may look like a citation."""
    return [cell for heading in (*KINDS, LATENCY) for cell in cells.get(heading, ())]
