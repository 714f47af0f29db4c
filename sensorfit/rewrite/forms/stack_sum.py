"""Tensors stacked on a new axis and summed over it."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW161", "StackAndSum", answers=("SF107", "SF116"), ops=("Concat",), proof="polynomial")
def chain(site: Site) -> Iterator[Draft]:
    """A sum over the axis that tensors were stacked on, as a chain of Add.

    Concat of n tensors with 1 along axis a, then ReduceSum over a: x_1 + ... + x_n, each Reshaped to the result's axes.
    """
    axis = int(site.attr("axis", 0)) % max(1, len(site.y))
    total = site.view.only_user(site.node.outputs[0], "ReduceSum")
    if total is None or any(
        site.is_constant(t) or site.shape(t)[axis : axis + 1] != (1,) for t in site.node.inputs
    ):
        return
    axes = total.attrs.get("axes") or (site.whole_numbers(total.input(1)) if total.input(1) else None)
    if axes is None or [a % len(site.y) for a in axes] != [axis]:
        return
    draft = site.draft(site.node, total)
    shape = site.shape(total.outputs[0])
    parts = [draft.reshape(t, shape) for t in site.node.inputs]
    yield draft.gives(draft.add_all(parts))
