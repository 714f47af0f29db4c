"""What stands under the table: what columns, marks and brackets mean, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ...comparison.model import GRAPH, Row, Table
from ...explanation.blocks import spread
from .cells import (
    COCO,
    COLUMNS,
    FOREIGN,
    LATENCY,
    LVIS,
    MACS,
    OPEN,
    PARAMETERS,
    PEAK,
    PREDICTED,
    SIZE,
    TOTAL,
    WEIGHTS,
    remarks,
)
from .sources import Sources

SUMS = {"parameters": PARAMETERS, "weights": WEIGHTS, "MACs": MACS, "milliseconds": PREDICTED}
PUBLISHED = {"mIoU": (COCO, LVIS), "size": (SIZE,), "latency": (LATENCY,)}
VERDICTS = {
    "refused nodes": "Refused: the converter, or the quantization before it, refuses the operator in the form used, GELU taken as the one operator that quantization exports.",
    "flagged nodes": "Flagged: only the PicoSAM papers' constraint set refuses it.",
}
"""What the legend says of which columns."""

Naming = Callable[[Row], str]


def legend(result: Table, shown: Collection[str] = tuple(COLUMNS)) -> list[str]:
    """What the columns ``shown`` mean, as sentences."""
    said = [
        f"Target {result.target}, {result.converter}, {result.budget_bytes:,} B for weights, activations, the kept input and the reserved block; of several networks all weights and the "
        "largest activations count.",
        *([f"{result.remark[:1].upper()}{result.remark[1:]}."] if result.remark else []),
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
    return [sentence[:1].upper() + sentence[1:] if sentence[:4] != "mIoU" else sentence for sentence in said]


def without_graph(rows: Sequence[Row], name: Naming) -> list[str]:
    """Which rows have no graph, and why."""
    found = [f"{name(row)}, {row.note}." for row in rows if row.basis != GRAPH]
    if found:
        found.insert(0, "n/a: there is no graph here, so nothing is said beyond what was published.")
    return found


def footnotes(rows: Sequence[Row], shown: Collection[str], sources: Sources, name: Naming) -> list[str]:
    """What the marks in the columns ``shown`` say, then for which rows: the end of a long line is cut."""
    found = []
    if "verdict" in shown:
        taken = [(row, ", ".join(row.foreign_inputs)) for row in rows if row.foreign_inputs]
        found += [
            f"{FOREIGN} takes inputs the sensor does not deliver: {text}. Rows: {names}."
            for names, text in _grouped(taken, name, str)
        ]
    if PEAK in shown or TOTAL in shown:
        noted = [(row, note) for row in rows for note in row.memory_notes]
        for mark in dict.fromkeys(sources.mark(note) for _, note in noted):
            alike = [(row, note) for row, note in noted if sources.mark(note) == mark]
            found += [f"{mark} {text}. Rows: {names}." for names, text in _grouped(alike, name, sources.mark)]
    if any(heading in shown for heading in (PEAK, TOTAL, MACS, PREDICTED)):
        left = [(row, ", ".join(row.open_inputs)) for row in rows if row.open_inputs]
        found += [
            f"{OPEN}: the file leaves the size of its input open, {text}; check --input-shape gives the figures "
            f"of one size. Rows: {names}."
            for names, text in _grouped(left, name, str)
        ]
    return found


def remarked(
    rows: Sequence[Row], cells: Mapping[str, Sequence[str]], sources: Sources, name: Naming
) -> list[str]:
    """What the published figures in ``cells`` cover, where they say."""
    said = [
        (row, words)
        for index, row in enumerate(rows)
        for words in remarks(row, sources, {heading: column[index] for heading, column in cells.items()})
    ]
    return [f"{names}, published {words}." for names, words in _grouped(said, name, str)]


def bracketed(rows: Sequence[Row]) -> str:
    """What a number in square brackets means."""
    ours = "; parameters and MACs without one are counted here" if any(r.basis == GRAPH for r in rows) else ""
    return (
        f"A number in square brackets: the figure before it is published, by the source of that number{ours}."
    )


def _grouped(
    said: Iterable[tuple[Row, str]], name: Naming, alike: Callable[[str], str]
) -> list[tuple[str, str]]:
    """(names, text): texts that are ``alike`` are one, with the numbers in which they differ."""
    groups: dict[str, list[tuple[Row, str]]] = {}
    for row, text in said:
        groups.setdefault(alike(text), []).append((row, text))
    return [
        ("; ".join(dict.fromkeys(name(row) for row, _ in group)), spread(text for _, text in group))
        for group in groups.values()
    ]


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
