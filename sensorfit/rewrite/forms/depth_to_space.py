"""PixelShuffle and its inverse."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW211",
    "DepthToSpaceByReshape",
    answers=("SF101",),
    ops=("DepthToSpace", "SpaceToDepth"),
    proof="permutation",
)
def shuffle(site: Site) -> Iterator[Draft]:
    """PixelShuffle and its inverse as Reshape, Transpose, Reshape.

    DepthToSpace with block b: (1, C b^2, H, W) to six axes, CRD (1, C, b, b, H, W) or DCR (1, b, b, C, H, W), the blocks
    behind their axes (1, C, H, b, W, b), then (1, C, H b, W b). SpaceToDepth goes back, its blocks first.
    """
    if len(site.x) != 4:
        return
    block, mode = int(site.attr("blocksize")), site.attr("mode", "DCR")
    (_, c, h, w), draft, x = site.x, site.draft(), site.node.inputs[0]
    if site.node.op == "SpaceToDepth":
        x = draft.transpose(
            draft.reshape(x, (1, c, h // block, block, w // block, block)), (0, 3, 5, 1, 2, 4)
        )
    elif mode == "CRD":
        x = draft.transpose(draft.reshape(x, (1, c // block**2, block, block, h, w)), (0, 1, 4, 2, 5, 3))
    else:
        x = draft.transpose(draft.reshape(x, (1, block, block, c // block**2, h, w)), (0, 3, 4, 1, 5, 2))
    yield draft.gives(draft.reshape(x, site.y))
