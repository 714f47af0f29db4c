"""A sweep on one screen: what was judged, the front, the next command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ...sweep.result import Sweep
from ..escape import terminal

SHOWN: Final = 12
"""Rows of the front."""
WORDS: Final = {"fits": "fit", "does_not_fit": "do not fit"}
BYTES: Final = frozenset({"weights", "runtime", "total"})


def show(found: Sweep, console: Console) -> None:
    """Print it."""
    say = [f"{count:,} {WORDS.get(verdict, verdict)}" for verdict, count in found.verdicts.items()]
    console.print(
        f"{found.candidates:,} candidates: {', '.join(say)}; {found.feasible:,} feasible", highlight=False
    )
    for reason, count in found.reasons.items():
        console.print(f"  {count:>7,}  {terminal(reason)}", style="dim", markup=False, highlight=False)
    if found.judged:
        console.print(
            f"judged {found.judged:,} in {found.seconds:,.1f} s, {found.rate:,.{0 if found.rate >= 10 else 1}f} a second",
            style="dim",
            highlight=False,
        )
    if not found.front:
        console.print(
            f"No candidate fits and keeps the constraints. All rows: {terminal(str(found.table))}",
            markup=False,
        )
        return
    goals = [str(o) for o in found.space.objectives]
    console.print(f"\nPareto front, {len(found.front)} candidates: {', '.join(goals)}", highlight=False)
    console.print(_table(found))
    if len(found.front) > SHOWN:
        console.print(
            f"and {len(found.front) - SHOWN} more in {found.directory / 'front.csv'}",
            style="dim",
            markup=False,
        )
    first = found.front[0]["candidate"]
    console.print(
        f"\n{found.directory / 'front.html'} shows all. Next: sensorfit sweep pick {found.directory} {first} -o model.onnx",
        markup=False,
        highlight=False,
    )


def _table(found: Sweep) -> Table:
    """Objectives first, then what the rows differ in."""
    rows = _spread(found.front)
    figures = [o.figure for o in found.space.objectives]
    figures += [name for name in ("dsp_ms", "total", "parameters") if name not in figures]
    chosen = [p.name for p in found.space.parameters if len({row[p.name] for row in found.front}) > 1]
    table = Table(box=None, pad_edge=False)
    for name in ("candidate", *figures, *chosen):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(cell(name, row[name]) for name in ("candidate", *figures, *chosen)))
    return table


def _spread(rows: tuple[Mapping[str, Any], ...]) -> list[Mapping[str, Any]]:
    """At most ``SHOWN`` of them, from one end of the front to the other."""
    if len(rows) <= SHOWN:
        return [*rows]
    return [rows[i * (len(rows) - 1) // (SHOWN - 1)] for i in range(SHOWN)]


def cell(name: str, value: Any) -> str:
    """A value with its unit."""
    if value is None:
        return ""
    if name in BYTES:
        return f"{value / 2**20:.2f} MiB"
    if name.startswith("dsp_ms"):
        return f"{value:.2f} ms"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return terminal(str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
