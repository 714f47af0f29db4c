"""Resizes of channels, or of maps whose channels come last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW104",
    "ResizeOnRows",
    answers=("SF105", "SF114", "SF131"),
    ops=("Resize",),
    proof="polynomial",
    kind="rounding",
    units=64.0,
)
def on_rows(site: Site) -> Iterator[Draft]:
    """A Resize of other axes than height and width, between Transposes that bring these there.

    Every interpolation takes the axes one after the other, so two of them are resized at a time, in the place of height and
    width: (1, H, W, C) as (1, C, H, W). Of three, height and width go first.
    """
    changed = [a for a, (old, new) in enumerate(zip(site.x, site.y, strict=False)) if old != new]
    if len(site.x) != 4 or 0 in changed or 1 not in changed:
        return
    if site.attr("keep_aspect_ratio_policy", "stretch") != "stretch":
        return
    if site.attr("coordinate_transformation_mode") == "tf_crop_and_resize":
        return
    mode = str(site.attr("mode", "nearest"))
    if mode not in ("nearest", "linear") or (mode == "linear" and 3 in changed):
        return  # onnxruntime has no answer to compare with
    sizes, scales = _given(site)
    if sizes is None and scales is None:
        return
    draft, x = site.draft(form=mode), site.node.inputs[0]
    for axes in ([2, 3], [1]) if len(changed) == 3 else (changed,):
        x = _resized(site, draft, x, axes, scales)
    yield draft.gives(x)


def _given(site: Site) -> tuple[list[int] | None, list[float] | None]:
    """(sizes, scales) of the four axes, whichever the file gives."""
    axes = [a % 4 for a in site.attr("axes", range(4))]
    scales = site.numbers(site.node.input(2)) if site.node.input(2) else None
    if scales:
        found = [1.0] * 4
        for axis, scale in zip(axes, scales, strict=False):
            found[axis] = float(scale)
        return None, found
    return [*site.y], None


def _resized(site: Site, draft: Draft, x: str, axes: Sequence[int], scales: list[float] | None) -> str:
    """``axes`` of ``x``, at most two, resized."""
    others = [a for a in (1, 2, 3) if a not in axes]
    order = [0, *others, *axes] if len(axes) == 2 else [0, *reversed(others), *axes]
    attrs: dict[str, Any] = {k: v for k, v in site.node.attrs.items() if k != "axes"}
    turned = draft.transpose(x, order)
    shape = draft.shape(turned)
    if scales is not None:
        by = [scales[a] if a in axes else 1.0 for a in order]
        made = draft.op("Resize", turned, "", draft.floats(by, (4,)), **attrs)
    else:
        to = [site.y[a] if a in axes else size for a, size in zip(order, shape, strict=True)]
        made = draft.op("Resize", turned, "", "", draft.ints(to), **attrs)
    return draft.transpose(made, [order.index(a) for a in range(4)])
