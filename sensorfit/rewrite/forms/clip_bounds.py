"""Clip with bounds that are no scalar constants."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW343", "ClipAsMaxMin", answers=("SF104", "SF108"), ops=("Clip",), proof="permutation")
def clip(site: Site) -> Iterator[Draft]:
    """Clip(x, lo, hi) = Min(Max(x, lo), hi).

    The definition.
    """
    x, *bounds = site.node.inputs
    if not any(bounds):
        return
    draft = site.draft()
    found = x
    for op, bound in zip(("Max", "Min"), bounds, strict=False):
        if bound:
            found = draft.op(op, found, bound)
    yield draft.gives(found)
