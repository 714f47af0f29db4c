"""Constant masks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np


@rewrite("RW361", "WhereAsProducts", answers=("SF101",), ops=("Where",), proof="polynomial")
def where(site: Site) -> Iterator[Draft]:
    """Where with a constant mask m: m a + (1 - m) b.

    Each cell is one of the two and 0 times the other. Constants are multiplied beforehand; those that are infinite where they
    are chosen are left alone, for 0 times infinity is no number.
    """
    condition, a, b = site.node.inputs
    mask = site.array(condition) if site.is_constant(condition) else None
    if mask is None or (site.is_constant(a) and site.is_constant(b)):
        return
    draft = site.draft()
    if mask.all() or not mask.any():
        chosen = a if mask.all() else b
        if site.shape(chosen) == site.y and not site.is_constant(chosen):
            yield draft.gives(chosen)
            return
    terms = []
    for source, kept in ((a, mask), (b, ~mask)):
        if not site.is_constant(source):
            terms.append(draft.op("Mul", source, draft.computed(mask.shape, partial(_as_numbers, kept))))
            continue
        shape = _broadcast(mask.shape, site.shape(source))
        values = site.array(source)
        if values is None or not _finite(values):
            return
        if values.any():
            terms.append(draft.derived(shape, partial(_kept, kept), source))
    y = terms[0] if len(terms) == 1 else draft.op("Add", *terms)
    yield draft.gives(y)


@rewrite("RW362", "TriluAsProduct", answers=("SF101",), ops=("Trilu",), proof="polynomial")
def trilu(site: Site) -> Iterator[Draft]:
    """Trilu(x) = x m with the constant mask m: 1 on and above the k-th diagonal (upper), or on and below it."""
    offset = site.whole_numbers(site.node.input(1)) if site.node.input(1) else [0]
    if offset is None or len(site.x) < 2:
        return
    draft = site.draft()
    triangle = partial(_triangle, site.x[-2:], offset[0], bool(site.attr("upper", 1)))
    yield draft.gives(draft.op("Mul", site.node.inputs[0], draft.computed(site.x[-2:], triangle)))


def _triangle(shape: tuple[int, ...], offset: int, upper: bool) -> np.ndarray:
    import numpy as np

    return (np.triu if upper else np.tril)(np.ones(shape), offset)


def _broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    import numpy as np

    return np.broadcast_shapes(first, second)


def _finite(values: np.ndarray) -> bool:
    import numpy as np

    return bool(np.isfinite(values).all())


def _as_numbers(mask: np.ndarray) -> np.ndarray:
    return mask.astype("float32")


def _kept(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    return mask * values
