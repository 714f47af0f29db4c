"""GroupNormalization of the newest opsets in operators of the older ones."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..graph.ir import Graph

BY_CHANNEL: Final = 21
"""From this opset on each channel has a scale and a shift of its own; before, each group had."""


def by_channel(proto: onnx.ModelProto, graph: Graph) -> onnx.ModelProto:
    """``proto``, whose graph is ``graph``, with an InstanceNormalization of the groups, a Mul and an Add for each of opset 21.

    ONNX's converter of versions knows no way back from them. The model itself where there is none.
    """
    if graph.opset < BY_CHANNEL or not any(n.op == "GroupNormalization" for n in graph.nodes):
        return proto
    made = onnx.ModelProto()
    made.CopyFrom(proto)
    nodes: list[onnx.NodeProto] = []
    for node in made.graph.node:
        rank = len(graph.shape(node.input[0]) or ()) if node.op_type == "GroupNormalization" else 0
        nodes += _spelled(made.graph, node, rank) if rank > 2 and len(node.input) == 3 else [node]
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    return made


def _spelled(graph: onnx.GraphProto, node: onnx.NodeProto, rank: int) -> list[onnx.NodeProto]:
    x, scale, shift = node.input
    y, attrs = node.output[0], {a.name: helper.get_attribute_value(a) for a in node.attribute}
    groups = int(attrs.get("num_groups", 1))

    def constant(what: str, values: np.ndarray) -> str:
        graph.initializer.append(numpy_helper.from_array(values, f"{y}/{what}"))
        return f"{y}/{what}"

    axes = constant("axes", np.arange(1, rank - 1, dtype=np.int64))
    ones, zeros = (
        constant("ones", np.ones(groups, np.float32)),
        constant("zeros", np.zeros(groups, np.float32)),
    )
    rows = constant("rows", np.array([0, groups, -1], np.int64))

    def made(op: str, inputs: list[str], what: str, **more: Any) -> onnx.NodeProto:
        return helper.make_node(
            op, inputs, [what if what == y else f"{y}/{what}"], name=f"{node.name}/{op}/{what}", **more
        )

    return [
        made("Shape", [x], "shape"),
        made("Reshape", [x, rows], "groups"),
        made(
            "InstanceNormalization",
            [f"{y}/groups", ones, zeros],
            "even",
            epsilon=float(attrs.get("epsilon", 1e-5)),
        ),
        made("Reshape", [f"{y}/even", f"{y}/shape"], "plain"),
        made("Unsqueeze", [scale, axes], "scale"),
        made("Unsqueeze", [shift, axes], "shift"),
        made("Mul", [f"{y}/plain", f"{y}/scale"], "scaled"),
        made("Add", [f"{y}/scaled", f"{y}/shift"], y),
    ]
