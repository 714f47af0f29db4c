"""ONNX's inference of one node, the same whatever version of the ONNX package is installed.

Where versions differ, the node is asked about in a form on which they agree:

    Conv, pooling   a negative padding, which 1.23 refuses, becomes an input smaller by as much
    GreaterOrEqual, LessOrEqual
                    of which 1.17 infers nothing: as Greater and Less, which have the same types and shapes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import onnx
from onnx import TensorProto, TypeProto
from onnx.shape_inference import infer_node_outputs

WINDOWED: Final = frozenset({"Conv", "MaxPool", "AveragePool", "LpPool"})
LIKE: Final = {"GreaterOrEqual": "Greater", "LessOrEqual": "Less"}


def output_types(
    schema: onnx.defs.OpSchema,
    node: onnx.NodeProto,
    types: Mapping[str, TypeProto],
    data: Mapping[str, TensorProto],
    imports: list[onnx.OperatorSetIdProto],
) -> dict[str, TypeProto]:
    """The types of ``node``'s outputs as far as inference knows them; {} where it refuses the node."""
    given = dict(types)
    if not node.domain and node.op_type in LIKE:
        node, schema = _like(node), _schema_of(LIKE[node.op_type], schema)
    elif not node.domain and node.op_type in WINDOWED:
        padded = _without_negative_pads(node, given)
        if padded is None:
            return {}
        node = padded
    try:
        return infer_node_outputs(schema, node, given, dict(data), opset_imports=imports)
    except Exception:  # inference refuses a node: its outputs stay unknown, the rules say so
        return {}


def _like(node: onnx.NodeProto) -> onnx.NodeProto:
    other = onnx.NodeProto()
    other.CopyFrom(node)
    other.op_type = LIKE[node.op_type]
    return other


def _schema_of(op: str, like: onnx.defs.OpSchema) -> onnx.defs.OpSchema:
    return onnx.defs.get_schema(op, like.since_version, "")


def _without_negative_pads(node: onnx.NodeProto, types: dict[str, TypeProto]) -> onnx.NodeProto | None:
    """``node`` with its negative pads at 0; the sizes of its input in ``types`` are less by as much. None: they leave nothing."""
    pads = next((list(a.ints) for a in node.attribute if a.name == "pads"), [])
    axes = len(pads) // 2
    name = node.input[0] if node.input else ""
    if min(pads, default=0) >= 0 or name not in types:
        return node
    smaller, other = TypeProto(), onnx.NodeProto()
    smaller.CopyFrom(types[name])
    other.CopyFrom(node)
    dims = smaller.tensor_type.shape.dim
    if len(dims) != axes + 2 or list(node.input).count(name) > 1:
        return None
    for axis in range(axes):
        size = dims[axis + 2]
        if size.HasField("dim_value"):
            less = min(0, pads[axis]) + min(0, pads[axes + axis])
            if size.dim_value + less < 1:
                return None
            size.dim_value += less
    for attribute in other.attribute:
        if attribute.name == "pads":
            attribute.ints[:] = [max(0, pad) for pad in pads]
    types[name] = smaller
    return other
