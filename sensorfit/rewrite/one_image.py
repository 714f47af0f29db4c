"""A batch of several images as one, which is what the sensor runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import numpy as np
import onnx
from onnx import numpy_helper

from ..errors import ModelError
from ..graph.ir import Graph

WRITTEN: Final = ("Reshape", "Expand")
"""Operators whose second input may hold the size of the batch."""

Load = Callable[[onnx.ModelProto, Mapping[str, tuple[int, ...]]], Graph]


def batch_of(graph: Graph) -> int:
    """The size that the first axis of every input and output has; 1 where they differ."""
    shapes = [graph.shape(t) for t in (*graph.inputs, *graph.outputs)]
    sizes = {s[0] if s else None for s in shapes}
    (size, *others) = sizes
    return size if size and not others else 1


def one_image(proto: onnx.ModelProto, graph: Graph, load: Load) -> Graph | None:
    """``graph`` of ``proto`` with a batch of 1; None where it is made for its batch.

    Sizes written into Reshape and Expand are divided by the batch where the network cannot be read otherwise, and of a constant that
    is joined to each image (a class token, which the exporter has repeated) one is left. Whether each image
    is treated alone is compared later, on whole batches.
    """
    batch = batch_of(graph)
    inputs = {i: (1, *(graph.shape(i) or ())[1:]) for i in graph.inputs}
    if any(None in shape for shape in inputs.values()):  # open beside the batch: made for no size
        return None
    wanted = {o: (1, *(graph.shape(o) or ())[1:]) for o in graph.outputs}
    for edited in (False, True):
        with _divided(proto, graph, batch if edited else 1) as shown:
            try:
                made = load(shown, inputs)  # type: ignore[arg-type]
            except ModelError:
                continue
        if all(made.shape(o) == s for o, s in wanted.items()):
            return made
    return None


@contextmanager
def _divided(proto: onnx.ModelProto, graph: Graph, by: int) -> Iterator[onnx.ModelProto]:
    """``proto`` with sizes divided, as it was afterwards; itself where ``by`` is 1."""
    before: list[tuple[onnx.NodeProto, int, str]] = []
    count = len(proto.graph.initializer)
    for node in proto.graph.node if by > 1 else ():
        for place, values in _of_one(node, graph, by):
            name = f"{node.input[place]}/{node.output[0]}"
            proto.graph.initializer.append(numpy_helper.from_array(values, name))
            before.append((node, place, node.input[place]))
            node.input[place] = name
    try:
        yield proto
    finally:
        for node, place, name in before:
            node.input[place] = name
        del proto.graph.initializer[count:]


def _of_one(node: onnx.NodeProto, graph: Graph, by: int) -> Iterator[tuple[int, np.ndarray]]:
    """The constants that a node reads, by place, as they are for one image of ``by``, where they say how many these are."""
    if node.op_type in WRITTEN and len(node.input) > 1:
        found = graph.numbers(node.input[1])
        if found and found[0] > 1 and not found[0] % by:
            yield 1, np.array([found[0] // by, *found[1:]], np.int64)
    elif node.op_type == "Concat":
        for place, tensor in enumerate(node.input):
            known = graph.tensors.get(tensor)
            if known is None or known._constant is None or (known.shape or (0,))[0] != by:
                continue
            array = known._constant.array
            if array is not None and array.ndim > 1 and (array == array[:1]).all():
                yield place, np.ascontiguousarray(array[:1])
