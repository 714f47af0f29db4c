"""A graph at opset 20, where Gelu is an operator.

From 17 to 20 the reductions take their axes as an input, Split says how many parts it makes, and GridSample calls its modes otherwise; the other operators
that changed kept their meaning for what is written here (new element types, new optional attributes).
"""

from __future__ import annotations

from typing import Final

from onnx import TensorProto

from ..graph.fold import Stored
from ..graph.ir import Graph, Node, Tensor
from ..graph.shapes import schema_for

NEWER: Final = 20
REDUCTIONS: Final = frozenset(
    {"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare"}
)  # fmt: skip
"""Their axes are an input from opset 18 on."""
GRID_MODES: Final = {"bilinear": "linear", "bicubic": "cubic"}
"""Of GridSample, as opset 20 calls them."""
UNCHANGED: Final = frozenset(
    {"Resize", "Pad", "AveragePool", "Cast", "CastLike", "Equal", "Identity", "Reshape", "Shape", "Size", "ConstantOfShape",
     "DepthToSpace", "Constant", "If", "Loop", "Scan", "IsNaN", "IsInf", "Mish", "ScatterElements", "ScatterND", "LpPool", "Col2Im",
     "QuantizeLinear", "DequantizeLinear", "Dropout", "Optional"}
)  # fmt: skip
"""Changed between 17 and 20 in nothing that a graph of opset 17 can say."""


def raised(graph: Graph, opset: int = NEWER) -> Graph | None:
    """``graph`` at ``opset``; None where an operator changed its meaning on the way."""
    if graph.opset >= opset:
        return graph
    tensors = dict(graph.tensors)
    nodes = []
    for node in graph.nodes:
        made = _raised(graph, node, opset, tensors)
        if made is None:
            return None
        nodes.append(made)
    return graph.replace(nodes=tuple(nodes), tensors=tensors, opset=opset)


def _raised(graph: Graph, node: Node, opset: int, tensors: dict[str, Tensor]) -> Node | None:
    from dataclasses import replace

    if node.domain:
        return node
    if node.op in REDUCTIONS and graph.opset < 18 <= opset:
        axes, attrs = node.attrs.get("axes"), {k: v for k, v in node.attrs.items() if k != "axes"}
        if axes is None:
            return replace(node, attrs=attrs)
        name = f"{node.name}/axes"
        proto = TensorProto(data_type=TensorProto.INT64, dims=[len(axes)], int64_data=axes)
        tensors[name] = Tensor(name, (len(axes),), "int64", True, None, Stored(proto))
        return replace(node, attrs=attrs, inputs=(node.inputs[0], name))
    if node.op in REDUCTIONS:  # ReduceMax and ReduceMin take truth values, too, from opset 20 on
        return node
    if node.op == "Split" and graph.opset < 18 <= opset:
        if node.input(1):
            return node
        return replace(node, attrs={**node.attrs, "num_outputs": len(node.outputs)})
    if node.op == "GridSample" and graph.opset < 20 <= opset:
        mode = str(node.attrs.get("mode", "bilinear"))
        return replace(node, attrs={**node.attrs, "mode": GRID_MODES.get(mode, mode)})
    old, new = schema_for(node.op, graph.opset, ""), schema_for(node.op, opset, "")
    same = old is None or (new is not None and old.since_version == new.since_version)
    return node if same or node.op in UNCHANGED else None
