"""The sources of published figures, numbered, and the marks of notes on bytes: each stands at its figures, the list under the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...comparison.model import VARIANT, Row
from ...explanation.blocks import shape_of
from ...models.published import Published

KINDS = ("parameters", "macs", "coco_miou", "lvis_miou", "size", "latency")
"""In the order of the table's columns, so that the numbers rise along a row."""
_NUMBER = re.compile(r"\[(\d+)\]")
MARKS = "‡§¶‖#"
"""Of the notes on bytes, one each; where there are more, twice the same, then three times."""


class Sources:
    """The sources behind the figures of ``rows``, each once, in the order of reading.

    A number is the same however many columns there is room for.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        order = [k for kind in KINDS for k in (kind, f"{kind} {VARIANT}")]
        found = dict.fromkeys(row.figures[k].cited for row in rows for k in order if k in row.figures)
        self._numbers = {source: number for number, source in enumerate(found, 1)}
        notes = dict.fromkeys(shape_of(note) for row in rows for note in row.memory_notes)
        self._marks = {note: MARKS[i % len(MARKS)] * (i // len(MARKS) + 1) for i, note in enumerate(notes)}

    def cite(self, given: Published, unit: str = "") -> str:
        """``51.6 (derived) [7]``: the figure, with a mark where nobody printed it, and its source's number."""
        derived = " (derived)" if given.derived else ""
        return f"{given.value:,g}{unit}{derived} [{self._numbers[given.cited]}]"

    def mark(self, note: str) -> str:
        """The mark of a note on bytes; notes that differ in numbers alone share one."""
        return self._marks[shape_of(note)]

    def marks(self, row: Row) -> str:
        """The marks of all notes on the bytes of ``row``: ``‡¶``."""
        own = {self.mark(note) for note in row.memory_notes}
        return "".join(mark for mark in self._marks.values() if mark in own)

    def listing(self, cells: Iterable[str]) -> list[str]:
        """``[7] where it was read``, for every number that stands in ``cells``."""
        shown = {int(number) for cell in cells for number in _NUMBER.findall(cell)}
        return [f"[{number}] {source}" for source, number in self._numbers.items() if number in shown]
