"""A Linear on any rank."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from ...graph.ir import Node
from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np


@rewrite("RW121", "LinearIn4d", answers=("SF119",), ops=("MatMul",), proof="polynomial")
def matmul(site: Site) -> Iterator[Draft]:
    """A product with a constant matrix on a tensor of any rank, in four axes.

    A Linear treats its rows alike, so they may stand in any axes before the last: x (..., C) becomes (1, 1, N, C),
    y = x W, and y takes its own axes again. Reshapes move no data. A constant vector is a matrix of one column.
    An Add of a constant (M,) behind it goes along, before y's own axes: there the device sums it in the product.
    """
    x, weights = site.node.inputs
    rank = len(site.shape(weights))
    if site.is_constant(x) or not site.is_constant(weights) or rank not in (1, 2) or not site.x:
        return
    add, bias = _bias_behind(site) if rank == 2 else (None, "")
    draft = site.draft(site.node, add) if add is not None else site.draft()
    rows = draft.reshape(x, (1, 1, prod(site.x[:-1]), site.x[-1]))
    if rank == 1:
        weights = draft.derived((site.x[-1], 1), _column, weights)
    y = draft.op("MatMul", rows, weights)
    if add is not None:
        y = draft.op("Add", y, draft.derived(site.y[-1:], _flat, bias))
    yield draft.gives(draft.reshape(y, site.y))


@rewrite("RW122", "GemmAsProduct", answers=("SF104", "SF105", "SF119"), ops=("Gemm",), proof="polynomial")
def gemm(site: Site) -> Iterator[Draft]:
    """A Gemm with any attributes as a product, and an Add.

    y = alpha A B + beta C, A and B transposed where transA and transB say so. Of constant B and C alpha and beta become part;
    A of one row stays in a plain Gemm, of several it is (1, 1, M, K) times a matrix. Computed B is (1, K, N).
    """
    a, b = site.node.inputs[:2]
    c = site.node.input(2)
    if len(site.x) != 2 or len(site.shape(b)) != 2:
        return
    alpha, beta = float(site.attr("alpha", 1.0)), float(site.attr("beta", 1.0))
    first, second = bool(site.attr("transA")), bool(site.attr("transB"))
    rows, columns, inner = *site.y, site.x[0] if first else site.x[1]
    draft = site.draft()
    bias = _scaled(site, draft, c, beta) if c and beta else ""
    plain = (
        site.is_constant(b) and not site.is_constant(a) and rows == 1 and (not bias or site.is_constant(c))
    )
    if plain:
        matrix = draft.derived(site.shape(b), partial(_times, alpha), b)
        more = [_row(draft, site, bias, columns)] if bias else []
        x = draft.reshape(a, (1, inner)) if first else a
        yield draft.gives(draft.op("Gemm", x, matrix, *more, transB=1 if second else None))
        return
    if site.is_constant(a):  # MatMul with the constant on the left is another rewrite's matter
        x = draft.derived((1, rows, inner), partial(_stored, alpha, first, 3), a)
    else:
        x = draft.reshape(a, (1, *site.x))
        x = draft.transpose(x, (0, 2, 1)) if first else x
    if site.is_constant(b):
        w = draft.derived((inner, columns), partial(_stored, alpha, second, 2), b)
        x = draft.reshape(x, (1, 1, rows, inner))
    else:
        w = draft.reshape(b, (1, *site.shape(b)))
        w = draft.transpose(w, (0, 2, 1)) if second else w
    y = draft.op("MatMul", x, w)
    if alpha != 1 and not site.is_constant(a) and not site.is_constant(b):
        y = draft.op("Mul", y, draft.number(alpha))
    yield draft.gives(draft.reshape(draft.op("Add", y, bias) if bias else y, site.y))


def _bias_behind(site: Site) -> tuple[Node | None, str]:
    """The Add that alone reads the product, with its constant of a value a column."""
    add = site.view.only_user(site.node.outputs[0], "Add")
    if add is None or site.shape(add.outputs[0]) != site.y:
        return None, ""
    for tensor in add.inputs:
        if (
            site.is_constant(tensor)
            and (1, *site.shape(tensor))[-1] == prod(site.shape(tensor)) == site.y[-1]
        ):
            return add, tensor
    return None, ""


def _flat(c: np.ndarray) -> np.ndarray:
    return c.reshape(-1)


def _column(w: np.ndarray) -> np.ndarray:
    return w[:, None]


def _scaled(site: Site, draft: Draft, c: str, beta: float) -> str:
    """beta C, with at least one axis."""
    shape = site.shape(c) or (1,)
    if site.is_constant(c):
        return draft.derived(shape, partial(_shaped, beta, shape), c)
    scaled = draft.op("Mul", c, draft.number(beta)) if beta != 1 else c
    return draft.reshape(scaled, (1, *shape)) if len(shape) == 2 else scaled


def _row(draft: Draft, site: Site, bias: str, columns: int) -> str:
    """A constant bias as (columns,)."""
    c = site.node.input(2)
    if site.shape(c) == (columns,) and float(site.attr("beta", 1.0)) == 1:
        return c
    return draft.derived((columns,), partial(_repeated, float(site.attr("beta", 1.0)), columns), c)


def _times(alpha: float, w: np.ndarray) -> np.ndarray:
    return w * alpha


def _stored(alpha: float, turned: bool, rank: int, w: np.ndarray) -> np.ndarray:
    w = (w.T if turned else w) * alpha
    return w if rank == 2 else w[None]


def _shaped(beta: float, shape: tuple[int, ...], c: np.ndarray) -> np.ndarray:
    return (c * beta).reshape(shape)


def _repeated(beta: float, columns: int, c: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.broadcast_to((c * beta).reshape(-1), (columns,))
