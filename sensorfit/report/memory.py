"""The memory plan as a timeline in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..memory.model import MemoryReport, Step
from .escape import plain

if TYPE_CHECKING:
    from rich.console import Console

BAR = 32
"""Width of a bar at the peak, in characters."""
NAME = 44
"""Longest node name shown whole."""


def render_timeline(report: MemoryReport, console: Console) -> None:
    """One line a step: bytes alive, a bar as long as that, the node; then the peak taken apart."""
    from rich.table import Table
    from rich.text import Text

    if not report.steps:
        console.print("Memory plan: no steps")
        return
    top = max(step.bytes for step in report.steps)
    table = Table(title="Memory plan", title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("step", justify="right")
    table.add_column("bytes", justify="right", no_wrap=True, min_width=len(f"{top:,}"))
    table.add_column("alive", no_wrap=True, width=BAR)
    table.add_column("node", no_wrap=True, overflow="ellipsis")
    for index, step in enumerate(report.steps):
        peak = index == report.peak_step
        style = "bold red" if peak else "dim" if step.op == "Transform" else ""
        table.add_row(
            f"{index:,}",
            f"{step.bytes:,}",
            Text(
                "█" * max(1, round(BAR * step.bytes / top)) if step.bytes else "",
                style="red" if peak else "cyan",
            ),
            Text(f"{_short(plain(step.node))} {plain(step.op)}" + ("  ← peak" if peak else ""), style=style),
        )
    console.print(table)
    _peak(report, console)


def _peak(report: MemoryReport, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    step: Step = report.steps[report.peak_step]
    table = Table(
        title=f"Alive at the peak, step {report.peak_step:,}",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for heading in ("bytes", "from"):
        table.add_column(heading, justify="right", no_wrap=True, min_width=len(f"{report.plan_bytes:,}"))
    table.add_column("tensor", no_wrap=True, overflow="ellipsis")
    table.add_column("why", no_wrap=True)
    for item in sorted(step.live, key=lambda live: -live.bytes):
        where = f"{item.offset:,}" if item.offset >= 0 else ""
        table.add_row(f"{item.bytes:,}", where, Text(_short(plain(item.tensor))), item.why)
    console.print(table)
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
        console.print(
            Text(
                f"largest {ratio} input that fits without tiles: {found}"
                + (f", {largest.reason}" if largest.reason else "")
            )
        )


def _short(name: str) -> str:
    return name if len(name) <= NAME else "…" + name[-(NAME - 1) :]
