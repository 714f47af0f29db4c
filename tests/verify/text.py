"""Graphs from ONNX text, and what the rules say of them."""

from __future__ import annotations

from math import prod

import onnx
from onnx import TensorProto, helper

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.verify.engine import verify
from sensorfit.verify.finding import Finding


def model(text: str, opset: int = 17) -> onnx.ModelProto:
    """The model of a rule's example: a header where it has none, names for nodes, zeros for weights."""
    text = text.strip()
    if text.startswith("onnx.helper.make_node"):
        return of_one_node(text)
    if text.startswith("onnx.helper.make_model"):
        return eval(text, {"__builtins__": {}, "onnx": onnx})
    if not text.startswith("<"):
        text = f'<ir_version: 8, opset_import: ["" : {opset}]>\nexample {text}'
    elif "ir_version" not in text:
        head, _, rest = text.partition(">")
        text = f"{head.replace('<', '<ir_version: 8, ', 1)}>\nexample {rest.strip()}"
    found = onnx.parser.parse_model(text)
    for index, node in enumerate(found.graph.node):
        node.name = f"{node.op_type}_{index}"
    written = {o for n in found.graph.node for o in n.output} | {i.name for i in found.graph.input}
    for value in list(found.graph.value_info):
        if value.name not in written:
            kind = value.type.tensor_type
            dims = [d.dim_value for d in kind.shape.dim]
            raw = b"\0" * (prod(dims) * (4 if kind.elem_type == TensorProto.FLOAT else 8))
            found.graph.initializer.append(
                helper.make_tensor(value.name, kind.elem_type, dims, raw, raw=True)
            )
            found.graph.value_info.remove(value)
    return found


def of_one_node(call: str) -> onnx.ModelProto:
    """The model of a node that an example makes in Python."""
    node = eval(call, {"__builtins__": {}, "onnx": onnx})
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, 64, 64]) for n in "xy")
    graph = helper.make_graph([node], "example", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def findings(text: str, opset: int = 17, profile: str = "converter") -> tuple[Finding, ...]:
    """What all rules say of an example."""
    return verify(load(model(text, opset), "example"), load_target(), profile)


def found(text: str, rule: str, opset: int = 17) -> list[Finding]:
    """What one rule says of it."""
    return [f for f in findings(text, opset) if f.rule == rule]
