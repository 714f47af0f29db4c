"""The same network at the largest inputs that fit, where memory is what stops it."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis import Analysis, at_size
from ..memory.largest_input import ASPECTS, SQUARE, largest_input
from ..rules.memory import packaged_in_tiles
from ..units import show_shape
from .model import Part
from .parts import part


def at_largest(item: Part, of: Analysis, profile: str) -> Iterator[tuple[str, Part]]:
    """``at 1x3x320x320, the largest square input that fits the memory`` with the network at that size.

    ``item`` was made ``of`` this analysis. Nothing where it is within the budget, takes more than one image or has
    a shape inside that is fixed.
    """
    if item.has_room or not item.report.memory.complete:
        return
    kept, in_tiles = of.memory.input_persistency, packaged_in_tiles(of.target)
    for aspect in ASPECTS:
        largest = largest_input(
            of.source, of.graph, of.target, aspect, input_persistency=kept, in_tiles=in_tiles
        )
        kind = "square" if aspect == SQUARE else f"{aspect[0]}:{aspect[1]}"
        for sized, how in ((largest.sized, ""), (largest.tiled, " in the converter's tiles")):
            if sized:
                shape = sized.graph.shape(sized.graph.inputs[0]) or ()
                words = f"at {show_shape(shape)}, the largest {kind} input that fits the memory{how}"
                yield words, part(item.name, at_size(of, sized), profile, resized=True)
