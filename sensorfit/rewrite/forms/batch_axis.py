"""A leading 1 kept in front of tensors whose first axis is windows, heads or a stack of q, k and v."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._lifted import LIFTED, lifted, several

RULES = (
    "SF106",
    "SF107",
    "SF108",
    "SF115",
    "SF116",
    "SF117",
    "SF118",
    "SF119",
    "SF120",
    "SF131",
    "SF201",
    "SF202",
)


@rewrite(
    "RW151",
    "KeepBatchAxis",
    answers=RULES,
    ops=LIFTED,
    proof="polynomial",
    units=16.0,
    stage="batch",
    everywhere=True,
)
def keep(site: Site) -> Iterator[Draft]:
    """An operator on (B, ...) as the same on (1, B, ...).

    Windows, heads and stacks of q, k and v folded into the batch are only another way to count: with a 1 in front,
    every axis a is a + 1 and the data lies in the same order. Each operator reads its inputs through a Reshape to
    (1, B, ...) and gives its output back through one; of two operators in a row these meet and go, and so do the
    Reshapes that had folded the axes into the batch.
    """
    if not several(site):
        return
    draft = site.draft(form="lifted")
    if lifted(site, draft):
        yield draft


@rewrite(
    "RW152",
    "ProductsOfAnyRank",
    answers=("SF107", "SF119"),
    ops=("MatMul",),
    proof="polynomial",
    stage="batch",
)
def products(site: Site) -> Iterator[Draft]:
    """A product of two activations of any rank as products of three axes.

    (.., m, k) x (.., k, n) is a product for each place in the axes before: with N places (1, N, m, k) x (1, N, k, n),
    which is taken apart by head; with one, (1, m, k) x (1, k, n). Where the second operand is the same along an axis
    (multi-query attention), its places are rows, (1, N m, k) x (1, k, n); where the first is, they are columns: one product.
    """
    a, b = site.node.inputs
    if site.is_constant(a) or site.is_constant(b):
        return
    x, w = site.shape(a), site.shape(b)
    if not x or not w:
        return
    x, w = (1, *x) if len(x) == 1 else x, (*w, 1) if len(w) == 1 else w
    rank = max(len(x), len(w)) - 2
    first = (1,) * (rank + 2 - len(x)) + x
    second = (1,) * (rank + 2 - len(w)) + w
    rows = [i for i in range(rank) if second[i] == 1 < first[i]]
    columns = [i for i in range(rank) if first[i] == 1 < second[i]]
    places = [i for i in range(rank) if first[i] == second[i]]
    count = prod(first[i] for i in places)
    m, k, n = first[-2], first[-1], second[-1]
    front = (1, count) if count > 1 else (1,)
    into = [(*front, prod(first[i] for i in rows) * m, k), (*front, k, prod(second[i] for i in columns) * n)]
    if [site.shape(a), site.shape(b)] == into:
        return
    draft = site.draft(form="rows" if count == 1 else "places")
    left = _moved(draft, a, first, [*places, *rows, rank, *columns, rank + 1], into[0])
    right = _moved(draft, b, second, [*places, *rows, rank, *columns, rank + 1], into[1])
    y = draft.op("MatMul", left, right)
    whole = [max(p) for p in zip(first[:-2], second[:-2], strict=True)] + [m, n]
    order = [*places, *rows, rank, *columns, rank + 1]
    back = [order.index(i) for i in range(rank + 2)]
    yield draft.gives(_moved(draft, y, [whole[i] for i in order], back, site.y))


def _moved(draft: Draft, x: str, shape: Sequence[int], order: Sequence[int], into: Sequence[int]) -> str:
    """``x`` as ``shape``, its axes in ``order``, and then as ``into``; without a Transpose where the data stays in order."""
    long = [i for i in order if shape[i] > 1]
    if long != sorted(long):
        x = draft.transpose(draft.reshape(x, (1, *shape)), (0, *(i + 1 for i in order)))
    return x if draft.shape(x) == tuple(into) else draft.reshape(x, into)


@rewrite("RW153", "ProductsByHead", answers=("SF119",), ops=("MatMul",), proof="polynomial", stage="product")
def by_head(site: Site) -> Iterator[Draft]:
    """A product of four axes as one of three for each head.

    (1, h, m, k) x (1, h, k, n) is h products: Split on axis 1, (1, m, k) x (1, k, n) each, Concat on axis 1. MCT does
    the same on the way to the sensor.
    """
    a, b = site.node.inputs
    x, w = site.shape(a), site.shape(b)
    if (
        site.is_constant(a)
        or site.is_constant(b)
        or len(x) != 4
        or len(w) != 4
        or x[:2] != w[:2]
        or x[0] != 1
    ):
        return
    draft = site.draft(form="heads")
    heads = x[1]
    split = {"num_outputs": heads} if site.opset >= 18 else {}
    firsts, seconds = (
        [t] if heads == 1 else draft.op("Split", t, outputs=heads, axis=1, **split) for t in (a, b)
    )
    parts = []
    for one, other in zip(firsts, seconds, strict=True):
        y = draft.op("MatMul", draft.reshape(one, (1, *x[-2:])), draft.reshape(other, (1, *w[-2:])))
        parts.append(draft.reshape(y, (1, 1, x[2], w[3])))
    yield draft.gives(draft.concat(parts, 1))
