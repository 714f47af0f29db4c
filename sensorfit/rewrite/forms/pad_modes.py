"""Padding by reflection, by the edge, around, and less than nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW171",
    "PadAsGather",
    answers=("SF105", "SF115", "SF122", "SF107"),
    ops=("Pad",),
    proof="permutation",
)
def gather(site: Site) -> Iterator[Draft]:
    """Reflected, repeated and circular padding as a Gather with constant indices for each axis.

    Cell i of the padded axis is cell f(i - p) of the axis: |j| folded at the ends (reflect), j held between 0 and n - 1
    (edge), j modulo n (wrap). A negative padding leaves cells out: a Slice. Paddings of named axes are those of all, 0 for the
    others.
    """
    mode = site.attr("mode", "constant")
    pads = _pads(site)
    named = bool(site.node.input(3))
    if pads is None or not site.x or (mode == "constant" and min(pads, default=0) >= 0 and not named):
        return
    rank = len(site.x)
    draft, x = site.draft(form="gather" if mode != "constant" else "slice"), site.node.inputs[0]
    if mode == "constant":
        cut = {
            a: (max(0, -pads[a]), site.x[a] - max(0, -pads[a + rank]))
            for a in range(rank)
            if min(pads[a], pads[a + rank]) < 0
        }
        x = draft.slice(x, cut) if cut else x
        left = [max(0, p) for p in pads]
        if any(left):
            x = draft.op("Pad", x, draft.ints(left), *site.node.inputs[2:3], mode="constant")
    else:
        for axis in range(rank):
            if pads[axis] or pads[axis + rank]:
                x = draft.gather(x, _indices(mode, site.x[axis], pads[axis], pads[axis + rank]), axis)
    yield draft.gives(x)


def _pads(site: Site) -> Sequence[int] | None:
    given = site.attr("pads") or (site.whole_numbers(site.node.input(1)) if site.node.input(1) else None)
    axes = site.whole_numbers(site.node.input(3)) if site.node.input(3) else None
    if given is None or axes is None:
        return given
    rank = len(site.x)
    found = [0] * (2 * rank)
    for i, axis in enumerate(axes):
        found[axis % rank], found[axis % rank + rank] = given[i], given[i + len(axes)]
    return found


def _indices(mode: str, size: int, before: int, after: int) -> list[int]:
    wanted = range(-before, size + after)
    if mode == "edge":
        return [min(max(j, 0), size - 1) for j in wanted]
    if mode == "wrap":
        return [j % size for j in wanted]
    around = max(1, 2 * (size - 1))
    return [min(j % around, around - j % around) if size > 1 else 0 for j in wanted]
