"""Clip with bounds that are no scalar constants."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW343", "ClipAsMaxMin", answers=("SF104", "SF108"), ops=("Clip",), proof="permutation")
def clip(site: Site) -> Iterator[Draft]:
    """Clip(x, lo, hi) = Min(Max(x, lo), hi).

    The definition; a constant bound of one element becomes a scalar.
    """
    x, *bounds = site.node.inputs
    if not any(bounds):
        return
    draft = site.draft()
    if all(not b or (site.graph.tensors[b].elements == 1 and site.is_constant(b)) for b in bounds):
        scalars = [draft.derived((), _first, b) if b else "" for b in bounds]
        yield draft.gives(draft.op("Clip", x, *scalars))
        return
    found = x
    for op, bound in zip(("Max", "Min"), bounds, strict=False):
        if bound:
            found = draft.op(op, found, bound)
    yield draft.gives(found)


def _first(values):  # type: ignore[no-untyped-def]
    return values.reshape(())
