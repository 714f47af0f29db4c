"""What a comparison holds; renderers print it and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..models.published import Published
from ..report.notebook import html_table
from ..report.phrases import VERDICT, at_least, counted
from ..units import show_count

GRAPH, FIGURES = "graph", "published figures"
VARIANT = "INT8"
"""The published figures that stand beside the float model's."""


@dataclass(frozen=True)
class Row:
    """One model. Where ``basis`` is ``FIGURES``, nobody read its graph: every figure of ours is None."""

    name: str
    title: str
    basis: str
    parts: tuple[str, ...] = ()
    """The networks it consists of, or the one of several that was looked at; their weights add up, the largest
    runtime counts."""
    parameters: int | None = None
    weights_bytes: int | None = None
    """At INT8, as the device stores them."""
    macs: int | None = None
    runtime_bytes: int | None = None
    total_bytes: int | None = None
    tiled_total_bytes: int | None = None
    """In the tiles that the converter cuts, where a single network is over the budget and these can be counted."""
    budget_bytes: int | None = None
    refused: tuple[str, ...] = ()
    """Operators the converter refuses in the form used, most nodes first."""
    refused_nodes: int | None = None
    flagged: tuple[str, ...] = ()
    """Operators that only the PicoSAM papers' constraint set refuses."""
    flagged_nodes: int | None = None
    unknown_nodes: int | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """The verdict under each profile."""
    dsp_ms: float | None = None
    dsp_ms_low: float | None = None
    dsp_ms_high: float | None = None
    figures: Mapping[str, Published] = field(default_factory=dict)
    """Published figures by kind, first-hand before second-hand; "coco_miou INT8" for a variant's."""
    note: str = ""
    """What the graph is where that needs saying, or why there is none."""
    sized: bool | None = None
    """False where a tensor's size is unknown: the bytes are a lower bound."""
    timed: bool | None = None
    """False where a layer could not be counted: MACs and milliseconds are lower bounds."""
    foreign_inputs: tuple[str, ...] = ()
    """Inputs the sensor does not deliver, with their shapes."""
    memory_notes: tuple[str, ...] = ()
    """What the memory report says it estimated: how far the bytes may be off."""

    open_inputs: tuple[str, ...] = ()
    """Inputs whose size the file leaves open, with their shapes, where bytes and milliseconds depend on it."""

    @property
    def fits(self) -> bool | None:
        """Whether it fits under the first profile, the converter's; None where there is no graph to say so."""
        return next(iter(self.verdicts.values())) == "fits" if self.verdicts else None

    def published(self, kind: str) -> tuple[Published, ...]:
        """What was published of a kind: the float model's figure, then the INT8 one's; () where there is none."""
        return tuple(self.figures[k] for k in (kind, f"{kind} {VARIANT}") if k in self.figures)


@dataclass(frozen=True)
class Table:
    """All rows, and which target and converter they are about."""

    rows: tuple[Row, ...]
    target: str
    converter: str
    budget_bytes: int
    installed: str = ""
    """The version of the converter that is installed, where it is another."""
    remark: str = ""
    """What follows from that, as a sentence."""

    def __repr__(self) -> str:
        """One line: ``<Table of 3 models, 1 fits>``; the rows are ``rows``."""
        fits = sum(bool(row.fits) for row in self.rows)
        return f"<Table of {counted(len(self.rows), 'model')}, {fits:,} fit{'s' * (fits == 1)}>"

    def _repr_html_(self) -> str:
        """For a notebook: a model a line with its own figures; those that were published are in ``rows``."""
        head = (
            "",
            "verdict",
            f"total, of {self.budget_bytes / 2**20:.2f} MiB",
            "ms",
            "MACs",
            "parameters",
            "refused nodes",
        )
        return html_table(repr(self)[1:-1], (_cells(row) for row in self.rows), head)


def _cells(row: Row) -> tuple[str, ...]:
    if row.fits is None:
        return (row.title or row.name, "no graph", "", "", "", "", "")
    assert row.total_bytes is not None and row.macs is not None and row.parameters is not None
    time = f"{row.dsp_ms:,.2f} ({row.dsp_ms_low:,.2f}-{row.dsp_ms_high:,.2f})" if row.timed else ""
    return (
        row.title or row.name,
        VERDICT[next(iter(row.verdicts.values()))],
        at_least(f"{row.total_bytes / 2**20:,.2f} MiB", bool(row.sized), row.total_bytes),
        time,
        at_least(show_count(row.macs), bool(row.timed), row.macs),
        show_count(row.parameters),
        f"{row.refused_nodes or 0:,}",
    )
