"""Functions and subgraphs that expand, nest or call themselves are refused before they are expanded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sensorfit.graph import functions, limits, wire
from tests.graph.small_models import refused, tensor_info


def nested(depth: int) -> onnx.ModelProto:
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "inner", [], [tensor_info("y")])
    for level in range(depth):
        node = helper.make_node(
            "If", ["c"], ["y"], then_branch=graph, else_branch=graph if level < 2 else None
        )
        graph = helper.make_graph([node], f"g{level}", [], [tensor_info("y")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def test_deep_subgraphs_are_refused_and_shallow_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(nested(limits.MAX_SUBGRAPH_DEPTH), path)
    limits.read_model(path)
    onnx.save(nested(limits.MAX_SUBGRAPH_DEPTH + 1), path)
    refused(path, "nested more than 16 deep")


def test_messages_nested_beyond_the_parsers_depth_are_refused(tmp_path: Path) -> None:
    body = b"\x08\x08" + b"x" * 0
    for _ in range(60):  # graph > node > attribute > graph, 180 messages deep
        body = wire._message(1, wire._message(5, wire._message(6, body)))
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08\x08" + wire._message(7, body))
    refused(path, "ONNX file")
    path.write_bytes(b"\x08\x08" + wire._message(7, body + wire._message(10, b"x" * 300_000)))
    refused(path, "ONNX file")


def function_bomb(levels: int, recursive: bool = False) -> onnx.ModelProto:
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    functions = []
    for level in range(levels):
        inner = f"f{level + 1}" if level + 1 < levels else "f0" if recursive else "Relu"
        domain = "d" if inner != "Relu" else ""
        nodes = [
            helper.make_node(inner, ["a"], ["t"], domain=domain),
            helper.make_node(inner, ["t"], ["b"], domain=domain),
        ]
        functions.append(helper.make_function("d", f"f{level}", ["a"], ["b"], nodes, opset))
    graph = helper.make_graph(
        [helper.make_node("f0", ["x"], ["y"], domain="d")], "g", [tensor_info("x")], [tensor_info("y")]
    )
    return helper.make_model(graph, opset_imports=opset, functions=functions)


def test_functions_that_double_forty_times_or_call_themselves_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(function_bomb(40), path)
    refused(path, "expand to more than")
    onnx.save(function_bomb(3, recursive=True), path)
    refused(path, "calls itself")
    onnx.save(function_bomb(3), path)
    limits.read_model(path)


CONDITION = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("v", TensorProto.BOOL, [], [1]))


def in_branches(*calls: str) -> list[onnx.NodeProto]:
    """Nodes that compute b from a: an If whose two branches call, one after the other, each function named."""
    branches = []
    for side in "te":
        nodes = [
            helper.make_node(
                op, ["a" if not i else f"{side}{i - 1}"], [f"{side}{i}"], domain="d" if op != "Relu" else ""
            )
            for i, op in enumerate(calls)
        ]
        output = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)
        branches.append(helper.make_graph(nodes, side, [], [output]))
    return [CONDITION, helper.make_node("If", ["c"], ["b"], then_branch=branches[0], else_branch=branches[1])]


def calling(functions: dict[str, list[onnx.NodeProto]], first: str = "f0") -> onnx.ModelProto:
    """A model of one call to ``first``; each function computes b from a."""
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    made = [helper.make_function("d", name, ["a"], ["b"], nodes, opset) for name, nodes in functions.items()]
    call = helper.make_node(first, ["x"], ["y"], domain="d")
    graph = helper.make_graph([call], "g", [tensor_info("x")], [tensor_info("y")])
    return helper.make_model(graph, opset_imports=opset, functions=made)


def test_calls_inside_of_subgraphs_count(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(calling({"f0": in_branches("f0")}), path)
    refused(path, "'f0' calls itself")
    onnx.save(calling({"f0": in_branches("f1"), "f1": in_branches("f0")}), path)
    refused(path, "calls itself")
    doubling = {
        f"f{i}": [helper.make_node(f"f{i + 1}", ["a"], ["t"], domain="d"), *in_branches(f"f{i + 1}")]
        for i in range(12)
    }
    onnx.save(calling({**doubling, "f12": in_branches("Relu")}), path)
    refused(path, "expand to more than 100,000 nodes")
    onnx.save(calling({"f0": in_branches("f1", "f1"), "f1": in_branches("Relu")}), path)
    limits.read_model(path)


def test_calls_and_subgraphs_that_expand_too_deep_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    for count in (functions.MAX_CALL_DEPTH, functions.MAX_CALL_DEPTH + 1):
        chain = {f"f{i}": [helper.make_node(f"f{i + 1}", ["a"], ["b"], domain="d")] for i in range(count - 1)}
        onnx.save(calling({**chain, f"f{count - 1}": [helper.make_node("Relu", ["a"], ["b"])]}), path)
        if count == functions.MAX_CALL_DEPTH:
            limits.read_model(path)
    refused(path, "call one another more than 100 deep")
    levels = limits.MAX_SUBGRAPH_DEPTH + 1
    deep = {f"f{i}": [*in_branches(f"f{i + 1}")[:1], _one_branch(f"f{i + 1}")] for i in range(levels - 1)}
    onnx.save(calling({**deep, f"f{levels - 1}": in_branches("Relu")}), path)
    refused(path, "expand to subgraphs nested more than 16 deep")


def _one_branch(op: str) -> onnx.NodeProto:
    inner = helper.make_node(op, ["a"], ["o"], domain="d")
    output = helper.make_tensor_value_info("o", TensorProto.FLOAT, None)
    return helper.make_node("If", ["c"], ["b"], then_branch=helper.make_graph([inner], "t", [], [output]))


def test_what_calls_copy_is_bounded(tmp_path: Path) -> None:
    """A constant in a body, and one that is passed and referred to a thousand times; a graph is not passed at all."""
    path = tmp_path / "m.onnx"
    large = numpy_helper.from_array(np.zeros(4000, np.float32), "v")
    body = [helper.make_node("Constant", [], ["k"], value=large), helper.make_node("Add", ["a", "k"], ["b"])]
    many = [helper.make_node("f1", ["a"], ["b" if i == 2999 else f"t{i}"], domain="d") for i in range(3000)]
    onnx.save(calling({"f0": many, "f1": body}), path)
    refused(path, "adds more than 32 MiB")
    copies = [helper.make_node("Constant", [], [f"k{i}"]) for i in range(3000)]
    for node in copies:
        node.attribute.add(name="value", ref_attr_name="value", type=onnx.AttributeProto.TENSOR)
    proto = calling({"f0": [*copies, helper.make_node("Relu", ["a"], ["b"])]})
    proto.functions[0].attribute.append("value")
    proto.graph.node[0].attribute.append(helper.make_attribute("value", large))
    onnx.save(proto, path)
    refused(path, "adds more than 32 MiB")
    proto.graph.node[0].attribute.append(helper.make_attribute("body", in_branches("Relu")[1].attribute[0].g))
    onnx.save(proto, path)
    refused(path, "a graph is passed to local function 'f0'")


def test_a_function_defined_twice_is_refused_and_an_overload_is_another(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    proto = calling({"f0": [helper.make_node("Relu", ["a"], ["b"])]})
    proto.functions.append(proto.functions[0])
    onnx.save(proto, path)
    refused(path, "'f0' is defined twice")
    proto.functions[1].overload = "other"
    proto.functions[1].node[0].op_type, proto.functions[1].node[0].domain = "f0", "d"
    onnx.save(proto, path)
    limits.read_model(path)
    proto.functions[1].node[0].overload = "other"
    onnx.save(proto, path)
    refused(path, "'f0' calls itself")


def test_what_stands_in_a_functions_subgraphs_is_held_to_the_bounds_too(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    nodes = in_branches("Relu")
    nodes[1].attribute[0].g.initializer.append(TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[-1]))
    onnx.save(calling({"f0": nodes}), path)
    refused(path, "negative dimension")
