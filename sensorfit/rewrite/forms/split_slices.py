"""Split before pointwise convolutions."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW141", "SplitAsSlices", answers=("SF123",), ops=("Concat",), proof="permutation")
def slices(site: Site) -> Iterator[Draft]:
    """The parts of a Split taken by Slices.

    Part i of a Split is x[o_i : o_i + n_i] along its axis. The converter makes one grouped convolution of a Split, 1x1
    convolutions on its parts and a Concat, and ends with an exception; of Slices it does not.
    """
    split = next(
        (
            n
            for n in site.graph.nodes
            if n.op == "Split" and any(f"'{n.name}'" in f.message for f in site.findings)
        ),
        None,
    )
    if split is None:
        return
    draft = site.draft(split)
    axis, start = split.attrs.get("axis", 0) % len(site.shape(split.inputs[0])), 0
    for output in split.outputs:
        size = site.shape(output)[axis]
        draft.gives(draft.slice(split.inputs[0], {axis: (start, start + size)}), output)
        start += size
    yield draft


@rewrite(
    "RW142",
    "SequenceAsSlices",
    answers=("SF103",),
    ops=("SplitToSequence",),
    proof="permutation",
    stage="file",
)
def sequence(site: Site) -> Iterator[Draft]:
    """A SplitToSequence whose parts are taken by constant places, as a Slice for each.

    torch's newer exporter writes ``split``, ``chunk`` and ``unbind`` so, of weights too. Without sizes, or with 1 for all,
    each part is one cell, its axis gone where keepdims is 0.
    """
    x, made = site.node.inputs[0], site.node.outputs[0]
    readers = site.graph.consumers_of(made)
    if not site.x or not readers or made in site.graph.outputs:
        return
    if any(r.op != "SequenceAt" or r.domain or not site.shape(r.outputs[0]) for r in readers):
        return
    axis = int(site.attr("axis", 0)) % len(site.x)
    sizes = _sizes(site, site.x[axis])
    places = [site.whole_numbers(r.inputs[1]) if site.is_constant(r.inputs[1]) else None for r in readers]
    if sizes is None or any(p is None or len(p) != 1 or not -len(sizes) <= p[0] < len(sizes) for p in places):
        return
    draft = site.draft(site.node, *readers)
    for reader, place in zip(readers, places, strict=True):
        assert place is not None
        index = place[0] % len(sizes)
        begin = sum(sizes[:index])
        part = draft.slice(x, {axis: (begin, begin + sizes[index])})
        if len(site.shape(reader.outputs[0])) < len(site.x):
            part = draft.reshape(part, site.shape(reader.outputs[0]))
        draft.gives(part, reader.outputs[0])
    yield draft


def _sizes(site: Site, size: int) -> list[int] | None:
    """The sizes of the parts along an axis of ``size`` cells."""
    if not site.node.input(1):
        return [1] * size
    given = site.whole_numbers(site.node.input(1)) if site.is_constant(site.node.input(1)) else None
    if not given:
        return None
    if site.shape(site.node.input(1)):
        return given
    whole, rest = divmod(size, given[0])
    return [given[0]] * whole + ([rest] if rest else [])
