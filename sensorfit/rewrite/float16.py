"""A network of float16 in float32, which is what the converter reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from onnx import TensorProto

from ..graph.fold import Constant
from ..graph.ir import Graph

if TYPE_CHECKING:
    import numpy as np

HALF: Final = "float16"


class Widened(Constant):
    """A float16 constant as float32: the same values."""

    def __init__(self, narrow: Constant) -> None:
        self._narrow = narrow

    @property
    def array(self) -> np.ndarray | None:
        """The values."""
        found = self._narrow.array
        return None if found is None else found.astype("float32")


def in_float32(graph: Graph) -> tuple[Graph, int]:
    """``graph`` with every float16 tensor as float32, and how many there were."""
    narrow = [n for n, t in graph.tensors.items() if t.dtype == HALF]
    if not narrow:
        return graph, 0
    tensors = dict(graph.tensors)
    for name in narrow:
        tensor = tensors[name]
        constant = Widened(tensor._constant) if tensor._constant is not None else None
        tensors[name] = replace(tensor, dtype="float32", _constant=constant)
    nodes = [
        replace(n, attrs={**n.attrs, "to": TensorProto.FLOAT})
        if n.attrs.get("to") == TensorProto.FLOAT16
        else n
        for n in graph.nodes
    ]
    return graph.replace(nodes=tuple(nodes), tensors=tensors), len(narrow)
