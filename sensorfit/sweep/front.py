"""The Pareto front, found in one pass over the rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from ..runtime.files import write_text
from .space import Objective

FRONT: Final = "front.csv"

Row = dict[str, Any]


class Front:
    """The rows that no other row beats: no worse in every objective and better in one. Of equal rows the first stays."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self._objectives = objectives
        self._kept: list[tuple[tuple[float, ...], Row]] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take in more rows, those that are feasible."""
        for row in rows:
            if not row["feasible"]:
                continue
            point = tuple(-row[o.figure] if o.maximise else row[o.figure] for o in self._objectives)
            if any(_no_worse(kept, point) for kept, _ in self._kept):
                continue
            self._kept = [(kept, other) for kept, other in self._kept if not _no_worse(point, kept)]
            self._kept.append((point, row))

    @property
    def rows(self) -> list[Row]:
        """The front, by the first objective."""
        return [row for _, row in sorted(self._kept, key=lambda kept: (kept[0], kept[1]["candidate"]))]


def _no_worse(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Row]) -> None:
    """The rows as CSV with a line of column names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
