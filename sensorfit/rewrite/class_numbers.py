"""Class numbers that are cast at the end: an ArgMax to uint8, int32 or float32, left as the int64 that it makes.

    ArgMax ─► [moves] ─► Cast ─► y      ─►      ArgMax ─► [moves] ─► y

The converter casts none of these. The numbers are the same, as long as the other type holds every class.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from onnx import TensorProto

from ..graph.ir import Graph, Node

HELD: Final[dict[int, int]] = {
    TensorProto.UINT8: 1 << 8, TensorProto.INT8: 1 << 7, TensorProto.INT16: 1 << 15, TensorProto.UINT16: 1 << 16,
    TensorProto.INT32: 1 << 31, TensorProto.FLOAT16: 1 << 11, TensorProto.FLOAT: 1 << 24,
}  # fmt: skip
"""Element types, each with how many numbers from 0 on it holds exactly."""
MOVES: Final = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Slice", "Gather"})


def cast_at_the_end(graph: Graph) -> dict[str, Node]:
    """The outputs that are class numbers in another type, each with its Cast, which alone reads them."""
    found = {}
    for name in graph.outputs:
        cast = graph.producer_of(name)
        if cast is None or cast.op != "Cast" or cast.domain or graph.consumers_of(name):
            continue
        source, to = cast.inputs[0], int(cast.attrs.get("to") or 0)
        held = HELD.get(to, 0)
        if graph.only_reader(source) is cast and 0 < _classes(graph, source) <= held:
            found[name] = cast
    return found


def without_casts(graph: Graph, casts: dict[str, Node]) -> Graph:
    """``graph`` without these, what they read under the names of the outputs."""
    renamed = {cast.inputs[0]: name for name, cast in casts.items()}
    gone = {cast.name for cast in casts.values()}
    nodes = tuple(
        replace(n, outputs=tuple(renamed.get(o, o) for o in n.outputs))
        for n in graph.nodes
        if n.name not in gone
    )
    tensors = dict(graph.tensors)
    for source, name in renamed.items():
        tensors[name] = replace(tensors.pop(source), name=name)
    return graph.replace(nodes=nodes, tensors=tensors)


def _classes(graph: Graph, tensor: str) -> int:
    """How many classes an ArgMax chooses between whose result this is, moved about at most; 0 where it is none."""
    node = graph.producer_of(tensor)
    while node is not None and node.op in MOVES and not node.domain:
        node = graph.producer_of(node.inputs[0])
    if node is None or node.op not in ("ArgMax", "ArgMin") or node.domain:
        return 0
    shape = graph.shape(node.inputs[0])
    return (shape[int(node.attrs.get("axis", 0))] or 0) if shape else 0
