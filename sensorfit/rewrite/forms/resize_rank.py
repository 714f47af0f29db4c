"""Resizes of one and of three dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

WAYS = (
    "mode",
    "coordinate_transformation_mode",
    "nearest_mode",
    "cubic_coeff_a",
    "exclude_outside",
    "extrapolation_value",
)


@rewrite(
    "RW247", "ResizeIn4d", answers=("SF106",), ops=("Resize",), proof="sampled", kind="rounding", units=4096.0
)
def resize(site: Site) -> Iterator[Draft]:
    """A Resize of one or three dimensions on four axes.

    (1, C, L) is (1, C, 1, L). Of (1, C, D, H, W) height and width are resized on (1, C D, H, W) and the depth on
    (1, C, D, H W): every interpolation takes the axes one after the other.
    """
    rank, mode = len(site.x), site.attr("mode", "nearest")
    scales = _scales(site)
    if rank not in (3, 5) or site.x[:2] != site.y[:2] or scales is None:
        return
    if site.attr("antialias") or site.attr("coordinate_transformation_mode") == "tf_crop_and_resize":
        return
    attrs = {k: v for k, v in site.node.attrs.items() if k in WAYS}
    draft, x = site.draft(form=str(mode)), site.node.inputs[0]
    _, c, *size = site.x

    def step(x: str, shape: tuple[int, ...], by: tuple[float, float]) -> str:
        if by == (1.0, 1.0):
            return x
        return str(
            draft.op("Resize", draft.reshape(x, shape), "", draft.floats([1.0, 1.0, *by], (4,)), **attrs)
        )

    if rank == 3:
        y = step(x, (1, c, 1, size[0]), (1.0, scales[2]))
    else:
        y = step(x, (1, c * size[0], *size[1:]), (scales[3], scales[4]))
        y = step(y, (1, c, size[0], prod(site.y[3:])), (scales[2], 1.0))
    yield draft.gives(draft.reshape(y, site.y))


def _scales(site: Site) -> list[float] | None:
    """A factor for each axis; None where the file's factors do not make its sizes."""
    given = site.numbers(site.node.input(2)) if site.node.input(2) else None
    found = (
        [y / x for x, y in zip(site.x, site.y, strict=True)]
        if site.x and len(site.x) == len(site.y)
        else None
    )
    if found is None or not given:
        return found
    for axis, scale in zip(site.attr("axes", range(len(site.x))), given, strict=False):
        found[axis % len(site.x)] = float(scale)
    return found
