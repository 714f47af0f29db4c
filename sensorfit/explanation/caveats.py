"""What a reader of a page has to bear in mind."""

from __future__ import annotations

from collections.abc import Sequence

from ..models.registry import Entry
from ..report.phrases import batch_words, other_converter
from ..target import Target
from ..units import show_bytes
from .family import AT, whole_of
from .model import Part

CLEARLY = 0.25
"""The share of the parameters by which the weights' bytes exceed them where a reader asks why."""


def caveats(
    entry: Entry | None, parts: Sequence[Part], smaller: Sequence[Part], target: Target
) -> tuple[str, ...]:
    """Sentences about the estimates and the graphs of ``parts`` and of their ``smaller`` variants."""
    found = [
        "Milliseconds are an estimate; the interval comes from the cost model's own errors on measured networks, "
        f"none of which is a transformer or takes more than {target.budget_bytes / 2**20:.0f} MiB."
    ]
    if other := other_converter(parts[0].report):
        found.append(f"{other[:1].upper()}{other[1:]}.")
    if whole := whole_of(entry):
        found.append(
            "The graphs are built from permissively licensed packages with random weights: structure, not accuracy."
        )
        own = whole.input_shape[1]
        sizes = dict.fromkeys(p.name.partition(AT)[2] for p in (*parts, *smaller) if AT in p.name)
        found += [
            f"The {side}x{side} graphs are variants of ours: the published code takes {own}x{own} alone, and nobody "
            "published an accuracy at another size."
            for side in sizes
        ]
    found += [words for part in parts if (words := _stored(part))]
    found += [f"{part.label}: {words}." for part in parts if (words := batch_words(part.report.model))]
    return (*found, *dict.fromkeys(note for part in parts for note in part.report.memory.notes))


def _stored(part: Part) -> str:
    """Why the weights take clearly more bytes than there are parameters, else ""."""
    model, memory = part.report.model, part.report.memory
    more = memory.weights_bytes - model.parameters
    if model.quantized or more < max(CLEARLY * model.parameters, memory.budget_bytes / 100):
        return ""
    constants = (
        f"{show_bytes(part.constant_bytes)} of them are constants that sums and products take in whole, stored once "
        "for each use; the rest is "
        if part.constant_bytes
        else "the difference is "
    )
    if memory.repeated_bytes:
        constants = (
            f"{show_bytes(memory.repeated_bytes)} of them belong to nodes that share their weights (the steps of a recurrence), each "
            "of which stores its own; " + constants.replace("the difference is", "the rest is")
        )
    return (
        f"{part.label}: the weights take {show_bytes(memory.weights_bytes)} for {model.parameters:,} parameters: "
        f"{constants}kernels padded to whole blocks, biases and tables."
    )
