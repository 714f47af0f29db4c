"""PixelShuffle and its inverse."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np

SHUFFLES = ("DepthToSpace", "SpaceToDepth")


@rewrite("RW211", "DepthToSpaceByReshape", answers=("SF101",), ops=SHUFFLES, proof="permutation")
def shuffle(site: Site) -> Iterator[Draft]:
    """PixelShuffle and its inverse as Reshape, Transpose, Reshape.

    DepthToSpace with block b: (1, C b^2, H, W) to six axes, CRD (1, C, b, b, H, W) or DCR (1, b, b, C, H, W), the blocks
    behind their axes (1, C, H, b, W, b), then (1, C, H b, W b). SpaceToDepth goes back, its blocks first; or it is a Concat of
    the cells of each place in a block, Slices with a step of b.
    """
    if len(site.x) != 4:
        return
    block, mode = int(site.attr("blocksize")), site.attr("mode", "DCR")
    (_, c, h, w), draft, x = site.x, site.draft(form="reshape"), site.node.inputs[0]
    if site.node.op == "SpaceToDepth":
        y = draft.transpose(
            draft.reshape(x, (1, c, h // block, block, w // block, block)), (0, 3, 5, 1, 2, 4)
        )
    elif mode == "CRD":
        y = draft.transpose(draft.reshape(x, (1, c // block**2, block, block, h, w)), (0, 1, 4, 2, 5, 3))
    else:
        y = draft.transpose(draft.reshape(x, (1, block, block, c // block**2, h, w)), (0, 3, 4, 1, 5, 2))
    yield draft.gives(draft.reshape(y, site.y))
    if site.node.op == "SpaceToDepth":
        draft = site.draft(form="slices")
        cells = [
            draft.slice(x, {2: (i, h, block), 3: (j, w, block)}) for i in range(block) for j in range(block)
        ]
        yield draft.gives(draft.concat(cells, 1))


@rewrite("RW212", "DepthToSpaceByConv", answers=("SF101",), ops=SHUFFLES, proof="polynomial")
def convolution(site: Site) -> Iterator[Draft]:
    """PixelShuffle as a transposed convolution whose kernel is 0 and 1, its inverse as a convolution.

    Kernel and stride are the block b, so that blocks do not overlap: cell (i, j) of the block of output channel c is input
    channel c b^2 + i b + j (CRD), or (i b + j) C + c (DCR), times 1. SpaceToDepth reads by the same kernel what that writes.
    """
    if len(site.x) != 4:
        return
    block, to_depth = int(site.attr("blocksize")), site.node.op == "SpaceToDepth"
    mode = "DCR" if to_depth else site.attr("mode", "DCR")
    deep, flat = (site.y[1], site.x[1]) if to_depth else (site.x[1], site.y[1])
    draft = site.draft(form="convolution")
    kernel = draft.computed((deep, flat, block, block), partial(_places, flat, block, mode == "CRD"))
    op = "Conv" if to_depth else "ConvTranspose"
    y = draft.op(op, site.node.inputs[0], kernel, kernel_shape=[block] * 2, strides=[block] * 2)
    yield draft.gives(y)


def _places(flat: int, block: int, crd: bool) -> np.ndarray:
    """(deep, flat, b, b): 1 where a channel of the deep tensor is a cell in the blocks of one of the flat tensor."""
    import numpy as np

    made = np.zeros((flat * block**2, flat, block, block))
    for c in range(flat):
        for i in range(block):
            for j in range(block):
                deep = c * block**2 + i * block + j if crd else (i * block + j) * flat + c
                made[deep, c, i, j] = 1
    return made
