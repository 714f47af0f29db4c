"""What comes after the front: accuracies, and the converter's word beside the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from ...sweep.accuracy import Measured
from ...sweep.confirm import Confirmed
from ...sweep.result import Sweep
from ..escape import terminal
from .console import cell


def show_confirmed(made: Sequence[Confirmed], console: Console) -> None:
    """Predicted beside confirmed bytes."""
    table = Table(title="\nPredicted and confirmed, bytes", title_justify="left", box=None, pad_edge=False)
    for name in (
        "candidate",
        "weights",
        "confirmed",
        "runtime",
        "confirmed",
        "total",
        "confirmed",
        "difference",
        "answer",
    ):
        table.add_column(name, justify="left" if name == "answer" else "right")
    for one in made:
        apart = "" if one.confirmed_total is None else f"{one.predicted_total - one.confirmed_total:+,}"
        pairs = (
            (one.predicted_weights, one.confirmed_weights),
            (one.predicted_runtime, one.confirmed_runtime),
            (one.predicted_total, one.confirmed_total),
        )
        cells = ["" if value is None else f"{value:,}" for pair in pairs for value in pair]
        table.add_row(str(one.candidate), *cells, apart, terminal(one.answer, 200))
    console.print(table)


def show_measured(made: Sequence[Measured], found: Sweep, console: Console) -> None:
    """What was measured, beside the costs and what the candidates differ in; a star for those on the front."""
    names, lines = measured_table(made, found)
    goals = ", ".join(map(str, found.space.objectives))
    console.print(f"\nMeasured (* on the front: {goals})", highlight=False, markup=False)
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name == "answer" else "right")
    for line in lines:
        table.add_row(*(terminal(text, 200) for text in line))
    console.print(table)


def measured_table(made: Sequence[Measured], found: Sweep) -> tuple[list[str], list[list[str]]]:
    """Column names and cells: by the first objective."""
    on = {row["candidate"] for row in found.front}
    answers = {one.candidate: one for one in made}
    rows = [row for row in found.shown if row["candidate"] in answers]
    rows.sort(key=lambda row: (_first(row, found), row["candidate"]))
    figures = [o.figure for o in found.space.objectives if not o.maximise]
    figures += [name for name in ("dsp_ms", "total", "parameters") if name not in figures]
    differing = [p.name for p in found.space.parameters if len({row[p.name] for row in rows}) > 1]
    say = any(one.accuracy is None for one in made)
    lines = []
    for row in rows:
        one = answers[row["candidate"]]
        star = " *" if one.candidate in on else ""
        line = [f"{one.candidate}{star}", "" if one.accuracy is None else f"{one.accuracy:.4f}"]
        line += [cell(name, row[name]) for name in (*figures, *differing)]
        lines.append([*line, one.answer] if say else line)
    return ["candidate", "accuracy", *figures, *differing, *(["answer"] if say else [])], lines


def _first(row: Mapping[str, Any], found: Sweep) -> float:
    value = row[found.space.objectives[0].figure]
    return float("inf") if value is None else -value if found.space.objectives[0].maximise else value
