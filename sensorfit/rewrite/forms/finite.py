"""Tests for what is no number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ...graph.ir import Graph
from ..declare import rewrite
from ..draft import Draft
from ..site import Site

MASK: Final = 1 << 20
"""Constants up to this many elements are looked through for an infinity: a mask of 1,024 tokens has as many."""

PRODUCTS: Final = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


@rewrite(
    "RW369",
    "FiniteIsFinite",
    answers=("SF101",),
    ops=("IsNaN", "IsInf"),
    proof="elementwise",
    stage="file",
)
def finite(site: Site) -> Iterator[Draft]:
    """IsNaN(x) and IsInf(x) as false, in a network without an infinite constant.

    For every finite x both are false, and the sensor computes with whole numbers of 8 and 16 bits, of which each is finite. What
    guards a softmax of masked scores (0 where all are masked), or TensorFlow's log of a sum of exponentials, is then a
    constant. Where a mask of -inf may lead to one it is left alone.
    """
    if site.is_constant(site.node.inputs[0]) or not site.y or _holds_infinity(site.graph):
        return
    draft, shape = site.draft(), site.y
    false = draft.computed(shape, lambda: np.zeros(shape, bool), "bool")
    yield draft.gives(str(draft.op("Identity", false)))


def _holds_infinity(graph: Graph) -> bool:
    """Whether a constant that a node reads, weights of products aside, has an infinite value or none."""
    read = {t for n in graph.nodes if n.op not in PRODUCTS for t in n.inputs if t and graph.is_constant(t)}
    for tensor in (graph.tensors[t] for t in read):
        if tensor.dtype.startswith("float") and 0 < (tensor.elements or 0) <= MASK:
            array = tensor._constant.array if tensor._constant is not None else None
            if array is not None and not np.isfinite(array).all():
                return True
    return False
