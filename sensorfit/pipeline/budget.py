"""Weights of 8, 4 and 2 bits within a budget: from bytes on the device to what MCT is told, and back."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod
from pathlib import Path
from typing import TYPE_CHECKING, Final

import onnx

from ..errors import Refused
from ..explanation.parts import weights_at
from ..quantize.options import FIT

if TYPE_CHECKING:
    from ..analysis import Analysis

LOWEST_BITS: Final = 2
"""The fewest that the target description has."""
MATRIX: Final = 2
"""Dimensions of the weights of a Linear; a product with a constant of more is none."""
TRIES: Final = 3
MARGIN: Final = 200
"""After a budget was missed, one part in so many of it is left free."""


@dataclass(frozen=True)
class Weights:
    """What the weights take on the device with 8 and with 2 bits for all, and what MCT counts for the same.

    The device stores whole blocks: a layer of few channels may not shrink at all, another at twice what MCT counts.
    """

    most: int
    least: int
    counted: int

    @property
    def fewest(self) -> int:
        """What MCT counts with 2 bits for all."""
        return ceil(self.counted * LOWEST_BITS / 8)

    def to_count(self, budget: int, counted: int, took: int) -> int:
        """What MCT may count for ``budget`` bytes on the device, where ``counted`` took ``took``; never less than it can reach."""
        share = (budget - self.least) / max(1, took - self.least)
        return self.fewest + int((counted - self.fewest) * min(1.0, max(0.0, share)))


def device_budget(asked: int | str | None, found: Analysis, name: str) -> int | None:
    """Bytes that the weights may take on the device; None where 8 bits are within it, or nothing was asked.

    Refused, with ``name`` and the smallest that there is, where even 2 bits for all weights are too many.
    """
    if asked is None:
        return None
    memory = found.memory
    # What the converter takes beside its report stays free, so that the build is not one that SF306 calls unknown.
    taken = memory.packaged_bytes - memory.weights_bytes
    free = memory.budget_bytes - taken - memory.unreported_bytes
    wanted = free if asked == FIT else int(asked)
    if memory.weights_bytes <= wanted:
        return None
    if wanted <= 0:
        raise Refused(
            f"{name}: no choice of bits makes it fit: all but the weights takes {-wanted:,} B more than there is; use a smaller "
            "input or fewer channels"
        )
    least = weights_at(found.device_graph, found.target, LOWEST_BITS)
    if least > wanted:
        raise Refused(
            f"{name}: no choice of bits takes the weights to {wanted:,} B: {memory.weights_bytes:,} B at 8 bits, "
            f"{least:,} B with all at {LOWEST_BITS}; the smallest --weights-budget is {least}"
            + (
                ", and the rest of the network leaves less: use a smaller input or fewer channels"
                if asked == FIT
                else ""
            )
        )
    return wanted


def weights_of(found: Analysis, path: Path) -> Weights:
    """The weights of the network in ``path``, of which ``found`` is the analysis."""
    least = weights_at(found.device_graph, found.target, LOWEST_BITS)
    return Weights(found.memory.weights_bytes, least, kernel_bytes(path))


def kernel_bytes(path: Path) -> int:
    """Bytes at 8 bits of what MCT chooses bits for: the kernels and matrices of the layers in ``path``.

    A constant operand of a sum or of a product of activations keeps its 8 bits, and MCT does not count it.
    """
    graph = onnx.load(str(path), load_external_data=False).graph
    sizes = {t.name: prod(t.dims) for t in graph.initializer if len(t.dims) > 1}
    ranks = {t.name: len(t.dims) for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in ranks:  # torch writes equal weights once
            ranks[node.output[0]] = ranks[node.input[0]]
            sizes[node.output[0]] = sizes.get(node.input[0], 0)
    kernels = [
        node.input[1]
        for node in graph.node
        if node.op_type in ("Conv", "ConvTranspose", "Gemm")
        or (node.op_type == "MatMul" and ranks.get(node.input[1]) == MATRIX)
    ]
    return sum(sizes.get(name, 0) for name in kernels)  # a shared one is stored for each use
