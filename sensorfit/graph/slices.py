"""What a Slice keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .ir import Node


def cuts(
    node: Node, shape: Sequence[int], numbers: Callable[[str], Sequence[float] | None]
) -> dict[int, slice] | None:
    """For each axis that the Slice ``node`` cuts, lowest first, what it keeps of ``shape``; None where its bounds are not known.

    ``numbers`` gives a constant's values. Bounds are operands, before opset 10 attributes.
    """
    starts, ends, axes, steps = (
        numbers(node.input(place)) if node.input(place) else node.attrs.get(name)
        for place, name in enumerate(("starts", "ends", "axes", "steps"), 1)
    )
    if (
        starts is None
        or ends is None
        or (axes is None and node.input(3))
        or (steps is None and node.input(4))
    ):
        return None
    if len({len(bounds) for bounds in (starts, ends, axes, steps) if bounds is not None}) > 1 or 0 in (
        steps or ()
    ):
        return None  # no Slice: its shape is not inferred, which SF514 says
    kept: dict[int, slice] = {}
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis = int(place if axes is None else axes[place]) % len(shape)
        bounds = slice(int(start), int(end), 1 if steps is None else int(steps[place])).indices(shape[axis])
        if bounds != (0, shape[axis], 1):
            kept[axis] = slice(*bounds)
    return dict(sorted(kept.items()))
