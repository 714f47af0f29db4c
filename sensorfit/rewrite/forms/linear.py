"""A Linear on any rank."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW121", "LinearIn4d", answers=("SF119",), ops=("MatMul",), proof="polynomial")
def matmul(site: Site) -> Iterator[Draft]:
    """A product with a constant matrix on a tensor of any rank, in four axes.

    A Linear treats its rows alike, so they may stand in any axes before the last: x (..., C) becomes (1, 1, N, C),
    y = x W, and y takes its own axes again. Reshapes move no data.
    """
    x, weights = site.node.inputs
    if site.is_constant(x) or not site.is_constant(weights) or len(site.shape(weights)) != 2 or not site.x:
        return
    draft = site.draft()
    rows = draft.reshape(x, (1, 1, prod(site.x[:-1]), site.x[-1]))
    yield draft.gives(draft.reshape(draft.op("MatMul", rows, weights), site.y))


@rewrite("RW122", "GemmIn4d", answers=("SF119",), ops=("Gemm",), proof="polynomial")
def gemm(site: Site) -> Iterator[Draft]:
    """A Gemm on several rows as a product in four axes, and an Add.

    y = alpha x W + beta c for x (T, C): (1, 1, T, C) times the matrix, transposed where transB says so and with
    alpha in it, then the bias with beta in it.
    """
    x, weights = site.node.inputs[:2]
    bias = site.node.input(2)
    if (
        site.is_constant(x)
        or not site.is_constant(weights)
        or (bias and not site.is_constant(bias))
        or site.attr("transA")
    ):
        return
    alpha, beta, turned = (
        float(site.attr("alpha", 1.0)),
        float(site.attr("beta", 1.0)),
        bool(site.attr("transB")),
    )
    draft = site.draft()
    rows, columns = site.x[0], site.y[1]
    matrix = draft.derived((site.x[1], columns), lambda w: (w.T if turned else w) * alpha, weights)
    y = draft.op("MatMul", draft.reshape(x, (1, 1, rows, site.x[1])), matrix)
    if bias:
        y = draft.op(
            "Add",
            y,
            draft.derived(
                site.shape(bias) or (1,), lambda c: (c * beta).reshape(site.shape(bias) or (1,)), bias
            ),
        )
    yield draft.gives(draft.reshape(y, site.y))
