"""Operators that change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from onnx.helper import np_dtype_to_tensor_dtype

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW304",
    "PassedOn",
    answers=("SF101", "SF105"),
    ops=("Max", "Min", "Sum", "Mean", "CastLike", "Tile"),
    proof="permutation",
    stage="file",
)
def passed_on(site: Site) -> Iterator[Draft]:
    """An operator that gives back its input: an extreme, sum or mean of one tensor, CastLike to the same type, one Tile.

    Max(x) = Min(x) = Sum(x) = Mean(x) = x. CastLike(x, y) = x where both have one type; of a constant, as torch's exporter
    through functions writes its numbers, it is the constant in the type of y.
    """
    node = site.node
    if node.op == "CastLike" and site.is_constant(node.inputs[0]):
        kind = np_dtype_to_tensor_dtype(np.dtype(site.graph.tensors[node.inputs[1]].dtype))
        draft = site.draft()
        yield draft.gives(str(draft.op("Cast", node.inputs[0], to=kind)))
        return
    alone = len(node.inputs) == 1 and node.op in ("Max", "Min", "Sum", "Mean")
    same = node.op == "CastLike" and len({site.graph.tensors[t].dtype for t in node.inputs}) == 1
    once = node.op == "Tile" and set(site.whole_numbers(node.inputs[1]) or ()) == {1}
    if alone or same or once:
        yield site.draft().gives(node.inputs[0])
