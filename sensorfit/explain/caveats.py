"""What a reader of a page has to bear in mind."""

from __future__ import annotations

from collections.abc import Sequence

from ..models.registry import Entry
from ..report.words import batch_words
from .model import Part


def caveats(entry: Entry | None, parts: Sequence[Part]) -> tuple[str, ...]:
    notes = dict.fromkeys(note for item in parts for note in item.report.memory.notes)
    found = [
        "Milliseconds are an estimate; the interval comes from the cost model's own errors on measured networks, "
        "none of which is a transformer or takes more than 8 MiB."
    ]
    if entry and entry.parts:
        found.append(
            "The graphs are built from permissively licensed packages with random weights: structure, not accuracy."
        )
    if entry and any("@" in name for name in entry.parts):
        found.append(
            "The 96x96 graphs are variants of ours: the published code takes 1024x1024 alone, and nobody published an accuracy at 96x96."
        )
    found += [f"{part.label}: {words}." for part in parts if (words := batch_words(part.report.model))]
    return (*found, *notes)
