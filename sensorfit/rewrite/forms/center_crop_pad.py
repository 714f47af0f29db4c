"""CenterCropPad."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW172", "CenterCropPadWritten", answers=("SF101",), ops=("CenterCropPad",), proof="permutation", opset=20
)
def written(site: Site) -> Iterator[Draft]:
    """CenterCropPad to a constant shape as a Slice and a Pad.

    An axis of n cells cut to m < n keeps those from (n - m) // 2 on; one padded to m > n gets (m - n) // 2 zeros in front and the
    rest behind.
    """
    if not site.x or not site.y or not site.is_constant(site.node.inputs[1]):
        return
    less = [max(0, n - m) for n, m in zip(site.x, site.y, strict=True)]
    more = [max(0, m - n) for n, m in zip(site.x, site.y, strict=True)]
    draft, x = site.draft(), site.node.inputs[0]
    cut = {a: (d // 2, d // 2 + site.y[a]) for a, d in enumerate(less) if d}
    x = draft.slice(x, cut) if cut else x
    if any(more):
        x = draft.pad(x, [m // 2 for m in more], [m - m // 2 for m in more])
    yield draft.gives(x)
