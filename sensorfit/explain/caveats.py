"""What a reader of a page has to bear in mind."""

from __future__ import annotations

from collections.abc import Sequence

from ..models.registry import Entry
from ..report.words import batch_words
from .family import AT, whole_of
from .model import Part


def caveats(entry: Entry | None, parts: Sequence[Part], smaller: Sequence[Part] = ()) -> tuple[str, ...]:
    """Sentences about the estimates and the graphs of ``parts`` and of their ``smaller`` variants."""
    found = [
        "Milliseconds are an estimate; the interval comes from the cost model's own errors on measured networks, "
        "none of which is a transformer or takes more than 8 MiB."
    ]
    if whole := whole_of(entry):
        found.append(
            "The graphs are built from permissively licensed packages with random weights: structure, not accuracy."
        )
        own = whole.input_shape[1]
        sizes = dict.fromkeys(p.name.partition(AT)[2] for p in (*parts, *smaller) if AT in p.name)
        found += [
            f"The {side}x{side} graphs are variants of ours: the published code takes {own}x{own} alone, and nobody "
            f"published an accuracy at {side}x{side}."
            for side in sizes
        ]
    found += [f"{part.label}: {words}." for part in parts if (words := batch_words(part.report.model))]
    return (*found, *dict.fromkeys(note for part in parts for note in part.report.memory.notes))
