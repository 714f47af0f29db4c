"""The same network at the largest inputs that fit, where memory is what stops it."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph.ir import Graph
from ..memory.model import MemoryReport
from ..memory.resize import ASPECTS, SQUARE, largest_input
from ..models.registry import meant
from ..rules.memory import after_tiling
from ..target import Target
from ..units import show_shape
from .model import Part
from .parts import part


def at_largest(
    item: Part, target: Target, profile: str, input_persistency: bool
) -> Iterator[tuple[str, Part]]:
    """``at 1x3x320x320, the largest square input that fits the memory`` with the network at that size.

    Nothing where it is within the budget, takes more than one image or has a shape inside that is fixed.
    """
    if item.has_room or not item.report.memory.complete:
        return

    def in_tiles(sized: Graph, need: MemoryReport) -> bool:
        return after_tiling(sized, need, target) == "supported"

    entry = meant(item.name)
    for aspect in ASPECTS:
        found = largest_input(
            entry.graph if entry else item.name,
            target,
            aspect,
            input_persistency=input_persistency,
            in_tiles=in_tiles,
        )
        kind = "square" if aspect == SQUARE else f"{aspect[0]}:{aspect[1]}"
        for size, how in ((found.size, ""), (found.tiled_size, " in the converter's tiles")):
            if size:  # of one image, so its channels are known
                image = item.report.model.inputs[0]
                shape = (1, int((image.judged or image.shape or ())[1] or 1), *size)
                words = f"at {show_shape(shape)}, the largest {kind} input that fits the memory{how}"
                yield words, part(item.name, target, profile, input_persistency, input_shapes={"": shape})
