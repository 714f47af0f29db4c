"""Nodes that compute on constants alone, where ``load`` has kept them for what they mean."""

from __future__ import annotations

from dataclasses import replace

from onnx import GraphProto

from .fold import RANDOM
from .ir import Graph, Tensor


def without_constant_nodes(graph: Graph) -> Graph:
    """The graph less what computes on constants alone, as the front end folds it before it judges.

    ``load`` has folded what it needs for shapes; here the rest goes, such as DequantizeLinear on weights. A sequence of
    constants stays: the front end ends with an exception where it reads one.
    """
    gone: set[str] = set()
    constant: dict[str, Tensor] = {}
    for node in graph.nodes:
        if (
            node.domain
            or node.op in RANDOM
            or not node.inputs
            or any(o in graph.outputs or _is_sequence(graph, o) for o in node.outputs)
        ):
            continue
        if all(
            t in constant or graph.is_constant(t) for t in node.inputs
        ) and not any(  # an empty input is none
            isinstance(v, GraphProto) for v in node.attrs.values()
        ):
            gone.add(node.name)
            constant.update(
                (o, replace(graph.tensors[o], constant=True)) for o in node.outputs if o in graph.tensors
            )
    return graph.edited({}, gone, tensors={**graph.tensors, **constant}) if gone else graph


def _is_sequence(graph: Graph, tensor: str) -> bool:
    known = graph.tensors.get(tensor)
    return known is not None and known.dtype == "sequence"
