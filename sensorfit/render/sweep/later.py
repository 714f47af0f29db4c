"""What comes after the front: accuracies, and the converter's word beside the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from ...sweep.accuracy import Measured
from ...sweep.confirm import Confirmed
from ..escape import terminal


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


def show_measured(made: Sequence[Measured], front: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Accuracies; a star for those on the front with it."""
    on = {row["candidate"] for row in front}
    table = Table(title="\nAccuracy (* on the front with it)", title_justify="left", box=None, pad_edge=False)
    for name in ("candidate", "accuracy", "answer"):
        table.add_column(name, justify="left" if name == "answer" else "right")
    for one in made:
        star = " *" if one.candidate in on else ""
        table.add_row(
            f"{one.candidate}{star}",
            "" if one.accuracy is None else f"{one.accuracy:.4f}",
            terminal(one.answer, 200),
        )
    console.print(table)
