"""The memory plan as a timeline in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..memory.model import MemoryReport, Step
from ..report.phrases import TRANSFORM, operator_words
from .escape import plain

if TYPE_CHECKING:
    from rich.console import Console

BAR = 32
"""Width of a bar at the peak, in characters."""
NAME = 44
"""Longest node name shown whole."""
LEAST = 24
"""Characters that a node keeps before the bars go."""
SHORTEST_BAR = 8
GAP = 2
"""Blanks between two columns."""


def render_timeline(report: MemoryReport, console: Console) -> None:
    """One line a step: bytes alive, a bar as long as that, the node; then the peak taken apart."""
    from rich.table import Table
    from rich.text import Text

    if not report.steps:
        console.print("Memory plan: no steps")
        return
    top = max(step.bytes for step in report.steps)
    digits, ordinal = len(f"{top:,}"), max(len("step"), len(f"{len(report.steps) - 1:,}"))
    left = console.width - digits - ordinal - 2 * GAP
    bar = min(BAR, left - GAP - LEAST)
    table = Table(
        title="Memory plan",
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, GAP, 0, 0),
        header_style="bold",
    )
    table.add_column("step", justify="right", width=ordinal)
    table.add_column("bytes", justify="right", width=digits)
    if bar >= SHORTEST_BAR:
        table.add_column("alive", no_wrap=True, width=bar)
        left -= bar + GAP
    table.add_column("node", width=left, overflow="fold")
    for index, step in enumerate(report.steps):
        peak = index == report.peak_step
        style = "bold red" if peak else "dim" if step.op == TRANSFORM else ""
        kind = f" {plain(operator_words(step))}" + ("  ← peak" if peak else "")
        cells = [f"{index:,}", f"{step.bytes:,}"]
        blocks = "█" * max(1, round(bar * step.bytes / top)) if step.bytes else ""
        bars = [Text(blocks, style="red" if peak else "cyan")] if bar >= SHORTEST_BAR else []
        name = _short(plain(step.node), max(LEAST // 2, left - len(kind)))
        table.add_row(*cells, *bars, Text(name + kind, style=style))
    console.print(table)
    _peak(report, console)


def _peak(report: MemoryReport, console: Console) -> None:
    from rich.text import Text

    from .columns import laid_out

    step: Step = report.steps[report.peak_step]
    console.print(Text(f"Alive at the peak, step {report.peak_step:,}", "italic"))
    rows = []
    for item in sorted(step.live, key=lambda live: -live.bytes):
        where = f"{item.offset:,}" if item.offset >= 0 else ""
        name = _short(plain(item.tensor), max(LEAST // 2, min(NAME, console.width // 3)))
        rows.append((f"{item.bytes:,}", where, name, item.why))
    console.print(laid_out(rows, console.width, ("bytes", "from", "tensor", "why"), ("right", "right")))
    shrinkable = [
        c for c in report.culprits if c.fewer_channels and c.runtime_if_fewer < report.runtime_bytes
    ]
    for culprit in shrinkable[:3]:
        won = report.runtime_bytes - culprit.runtime_if_fewer
        console.print(
            Text(
                f"{_short(plain(culprit.tensor))} with {culprit.fewer_channels:,} channels instead of {culprit.shape[1]:,}: "
                f"runtime {culprit.runtime_if_fewer:,} B ({won:,} B less)"
            )
        )
    for largest in report.largest_inputs:
        ratio = f"{largest.aspect[0]}:{largest.aspect[1]}"
        found = f"{largest.size[1]}x{largest.size[0]} ({largest.total_bytes:,} B)" if largest.size else "none"
        line = f"largest {ratio} input that fits without tiles: {found}" + (
            f", {largest.reason}" if largest.reason else ""
        )
        if largest.tiled_size:
            height, width = largest.tiled_size
            line += f"; in the converter's tiles: {width}x{height} ({largest.tiled_total_bytes:,} B)"
        console.print(Text(line))


def _short(name: str, most: int = NAME) -> str:
    most = min(most, NAME)
    return name if len(name) <= most else "…" + name[1 - most :]
