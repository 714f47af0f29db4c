"""Products larger than the hardware counts to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np

LONGEST: Final = 4095
"""SF109: the longest axis of a product of two activations."""
MOST_INPUTS: Final = 32700
MOST_OUTPUTS: Final = 8192
"""SF109: of a fully connected layer."""


@rewrite(
    "RW127", "LongProductInParts", answers=("SF109",), ops=("MatMul",), proof="polynomial", stage="product"
)
def long_product(site: Site) -> Iterator[Draft]:
    """A product of two activations over a long axis, as products of parts of it.

    (1, m, k) x (1, k, n): columns in parts are a Concat of products, a summed axis in parts an Add of products. Attention
    to 4,096 tokens is one of each: the scores in two halves, and their product with the values in two halves.
    """
    a, b = site.node.inputs
    w = site.shape(b)
    if (
        site.is_constant(a)
        or site.is_constant(b)
        or len(site.x) != 3
        or len(w) != 3
        or site.x[0] != 1
        or w[0] != 1
    ):
        return
    if site.x[2] <= LONGEST and w[2] <= LONGEST:
        return
    draft, columns = site.draft(), list[str]()
    for start, end in _parts(w[2], LONGEST):
        part = draft.slice(b, {2: (start, end)}) if end - start < w[2] else b
        summed: list[str] = []
        for first, last in _parts(site.x[2], LONGEST):
            whole = last - first == site.x[2]
            left = a if whole else draft.slice(a, {2: (first, last)})
            right = part if whole else draft.slice(part, {1: (first, last)})
            summed.append(draft.op("MatMul", left, right))
        columns.append(draft.add_all(summed))
    yield draft.gives(draft.concat(columns, 2))


@rewrite("RW128", "LargeLinearInParts", answers=("SF109",), ops=("MatMul", "Gemm"), proof="polynomial")
def large_linear(site: Site) -> Iterator[Draft]:
    """A fully connected layer of too many inputs or outputs, in parts.

    Outputs in parts are a Concat, inputs in parts an Add of layers; the bias goes with the first part of the inputs.
    """
    x, weights, node = site.node.inputs[0], site.node.inputs[1], site.node
    w = site.shape(weights)
    plain = all(float(site.attr(n, 1.0)) == 1 for n in ("alpha", "beta")) and not site.attr("transA")
    if (
        site.is_constant(x)
        or not site.is_constant(weights)
        or len(site.x) != 2
        or site.x[0] != 1
        or len(w) != 2
        or not plain
    ):
        return
    turned, bias = bool(site.attr("transB")), node.input(2)
    inputs, outputs = w[::-1] if turned else w
    if (inputs <= MOST_INPUTS and outputs <= MOST_OUTPUTS) or (bias and site.shape(bias) != (outputs,)):
        return
    draft, columns = site.draft(), list[str]()
    for start, end in _parts(outputs, MOST_OUTPUTS):
        summed: list[str] = []
        for first, last in _parts(inputs, MOST_INPUTS):
            part = x if last - first == inputs else draft.slice(x, {1: (first, last)})
            own = draft.derived(
                (last - first, end - start), partial(_block, turned, first, last, start, end), weights
            )
            if bias and not summed:
                more = draft.derived((end - start,), partial(_rows, start, end), bias)
                summed.append(draft.op("Gemm", part, own, more))
            else:
                summed.append(draft.op("MatMul", part, own))
        columns.append(draft.add_all(summed))
    yield draft.gives(draft.concat(columns, 1))


def _parts(size: int, most: int) -> list[tuple[int, int]]:
    """Even parts of at most ``most``, as (start, end)."""
    count = -(-size // most)
    return [*pairwise(-(-size * i // count) for i in range(count + 1))]


def _block(turned: bool, first: int, last: int, start: int, end: int, w: np.ndarray) -> np.ndarray:
    return (w.T if turned else w)[first:last, start:end]


def _rows(start: int, end: int, bias: np.ndarray) -> np.ndarray:
    return bias[start:end]
