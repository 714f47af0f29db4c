"""A network of other numbers in float32, which is what the converter reads.

float16, float64                    every tensor: the same weights (float64's rounded), other sums
a whole-number input that is cast   the input itself: float32 holds every number of 8 and 16 bits
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from onnx import TensorProto

from ..graph.fold import Constant
from ..graph.ir import Graph

if TYPE_CHECKING:
    import numpy as np

OTHERS: Final = {"float16": TensorProto.FLOAT16, "float64": TensorProto.DOUBLE}
"""Floats that the converter does not compute in."""
WHOLE: Final = frozenset({"uint8", "int8", "uint16", "int16"})
MOVES: Final = frozenset(
    {"Reshape", "Transpose", "Slice", "Squeeze", "Unsqueeze", "Flatten", "Split", "Identity", "Gather"}
)


class InFloat32(Constant):
    """A constant as float32."""

    def __init__(self, given: Constant) -> None:
        self._given = given

    @property
    def array(self) -> np.ndarray | None:
        """The values."""
        found = self._given.array
        return None if found is None else found.astype("float32")


def others(graph: Graph) -> list[str]:
    """The tensors of other floats, those of a Cast's constant operands among them."""
    return [n for n, t in graph.tensors.items() if t.dtype in OTHERS]


def in_float32(graph: Graph) -> tuple[Graph, list[str]]:
    """``graph`` with every tensor of another float as float32, and which kinds there were."""
    named = others(graph)
    if not named:
        return graph, []
    kinds = sorted({graph.tensors[n].dtype for n in named})
    tensors = dict(graph.tensors)
    for name in named:
        tensor = tensors[name]
        constant = InFloat32(tensor._constant) if tensor._constant is not None else None
        tensors[name] = replace(tensor, dtype="float32", _constant=constant)
    nodes = [
        replace(n, attrs={**n.attrs, "to": TensorProto.FLOAT}) if n.attrs.get("to") in OTHERS.values() else n
        for n in graph.nodes
    ]
    return graph.replace(nodes=tuple(nodes), tensors=tensors), kinds


def inputs_of_whole_numbers(graph: Graph) -> dict[str, frozenset[str]]:
    """The inputs of 8 and 16 bits that are moved about and cast to a float and nothing else, each with the tensors of its kind."""
    found = {}
    for name in graph.inputs:
        if graph.tensors[name].dtype in WHOLE:
            same, left = {name}, [name]
            while left and same:
                for reader in graph.consumers_of(left.pop()):
                    cast = reader.op == "Cast" and str(graph.tensors[reader.outputs[0]].dtype).startswith(
                        "float"
                    )
                    if reader.domain or (
                        not cast and (reader.op not in MOVES or reader.inputs[0] not in same)
                    ):
                        same = set()
                        break
                    if not cast:
                        fresh = {o for o in reader.outputs if o} - same
                        same |= fresh
                        left += fresh
            if same and not same & set(graph.outputs) and graph.consumers_of(name):
                found[name] = frozenset(same)
    return found


def inputs_in_float32(graph: Graph) -> tuple[Graph, dict[str, str]]:
    """``graph`` with these inputs in float32, and the kind that each was of; their Casts change nothing then."""
    found = inputs_of_whole_numbers(graph)
    kinds = {name: str(graph.tensors[name].dtype) for name in found}
    same = frozenset().union(*found.values())
    tensors = {n: replace(t, dtype="float32") if n in same else t for n, t in graph.tensors.items()}
    return (graph.replace(tensors=tensors) if found else graph), kinds
