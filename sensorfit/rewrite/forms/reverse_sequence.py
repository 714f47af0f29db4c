"""ReverseSequence."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW360", "ReverseByGather", answers=("SF101",), ops=("ReverseSequence",), proof="permutation")
def reverse(site: Site) -> Iterator[Draft]:
    """A ReverseSequence of constant lengths as a Gather with constant indices.

    Of length n along the time axis it has the indices n - 1, .., 0 and then n, n + 1, ..; where sequences of a batch have other
    lengths each is gathered on its own, and a Concat joins them. tf.reverse is one of full length.
    """
    x, lengths = site.node.inputs
    time, batch = int(site.attr("time_axis", 0)), int(site.attr("batch_axis", 1))
    counts = site.whole_numbers(lengths) if site.is_constant(lengths) else None
    if not counts or not site.x:
        return
    size, draft = site.x[time], site.draft()
    orders = [[*range(n - 1, -1, -1), *range(n, size)] for n in counts]
    if all(order == orders[0] for order in orders):
        yield draft.gives(draft.gather(x, orders[0], time))
        return
    parts = [draft.gather(draft.slice(x, {batch: (i, i + 1)}), order, time) for i, order in enumerate(orders)]
    yield draft.gives(draft.concat(parts, batch))
