"""The last of equal values."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW320", "LastOfEqual", answers=("SF105",), ops=("ArgMax",), proof="permutation")
def last(site: Site) -> Iterator[Draft]:
    """ArgMax with select_last_index: n - 1 - ArgMax of the values in reverse.

    Backwards, the last of equal values is the first; place i stands at n - 1 - i.
    """
    if not site.attr("select_last_index", 0) or len(site.x) < 2:
        return
    axis = int(site.attr("axis", 0)) % len(site.x)
    draft, size = site.draft(), site.x[axis]
    attrs = {k: v for k, v in site.node.attrs.items() if k != "select_last_index"}
    if size == 1:
        yield draft.gives(draft.op("ArgMax", site.node.inputs[0], **attrs))
        return
    backwards = draft.gather(site.node.inputs[0], range(size - 1, -1, -1), axis)
    place = draft.op("ArgMax", backwards, **attrs)
    yield draft.gives(draft.op("Sub", draft.ints([size - 1]), place))
