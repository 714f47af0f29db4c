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
