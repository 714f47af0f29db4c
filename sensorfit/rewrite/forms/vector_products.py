"""Products with a vector of its own for each place: dynamic filters."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

PLACES = 64
"""From so many on; fewer, the heads of an attention with one query, are products a head."""


@rewrite("RW159", "VectorsBySums", answers=("SF107", "SF119"), ops=("MatMul",), proof="polynomial")
def sums(site: Site) -> Iterator[Draft]:
    """Products of matrices with vectors, one a place, as a Mul and a ReduceSum.

    (.., m, k) x (.., k, 1) is the sum over k of the matrix times the vector as a row, (.., 1, k) x (.., k, n) the sum over k of
    the vector as a column times the matrix: nothing gets larger than the matrices are. A kernel for every cell of a map is
    such a product, and a product for each of some thousand cells is what no converter ends with.
    """
    a, b = site.node.inputs
    x, w = site.shape(a), site.shape(b)
    if site.is_constant(a) or site.is_constant(b) or len(x) < 3 or x[:-2] != w[:-2]:
        return
    places, (m, k), n = prod(x[:-2]), x[-2:], w[-1]
    if places < PLACES or (m > 1 and n > 1):
        return
    draft = site.draft()
    if n == 1:
        product = draft.op("Mul", draft.reshape(a, (1, places, m, k)), draft.reshape(b, (1, places, 1, k)))
    else:
        product = draft.op("Mul", draft.reshape(a, (1, places, k, 1)), draft.reshape(b, (1, places, k, n)))
    y = draft.op("ReduceSum", product, draft.ints([3 if n == 1 else 2]), keepdims=0)
    yield draft.gives(draft.reshape(y, site.y))
