"""Reciprocal."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW332", "ReciprocalAsDiv", answers=("SF101",), ops=("Reciprocal",), proof="elementwise")
def reciprocal(site: Site) -> Iterator[Draft]:
    """Reciprocal(x) = 1 / x.

    The definition.
    """
    draft = site.draft()
    yield draft.gives(draft.op("Div", draft.number(1.0), site.node.inputs[0]))
