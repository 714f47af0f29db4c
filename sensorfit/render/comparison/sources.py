"""The sources of published figures, numbered: the number stands at every figure, the list under the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...comparison.model import VARIANT, Row
from ...models.published import Published

KINDS = ("parameters", "macs", "coco_miou", "lvis_miou", "size", "latency")
"""In the order of the table's columns, so that the numbers rise along a row."""
_NUMBER = re.compile(r"\[(\d+)\]")


class Sources:
    """The sources behind the figures of ``rows``, each once, in the order of reading.

    A number is the same however many columns there is room for.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        order = [k for kind in KINDS for k in (kind, f"{kind} {VARIANT}")]
        found = dict.fromkeys(row.figures[k].cited for row in rows for k in order if k in row.figures)
        self._numbers = {source: number for number, source in enumerate(found, 1)}

    def cite(self, given: Published, unit: str = "") -> str:
        """``51.6 (derived) [7]``: the figure, with a mark where nobody printed it, and its source's number."""
        derived = " (derived)" if given.derived else ""
        return f"{given.value:,g}{unit}{derived} [{self._numbers[given.cited]}]"

    def listing(self, cells: Iterable[str]) -> list[str]:
        """``[7] where it was read``, for every number that stands in ``cells``."""
        shown = {int(number) for cell in cells for number in _NUMBER.findall(cell)}
        return [f"[{number}] {source}" for source, number in self._numbers.items() if number in shown]
