"""Structures that exporters rarely write and strangers may: functions that call one another through subgraphs, sparse
tensors, data beside the file. Each function changes a model in place."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import onnx
from onnx import AttributeProto, TensorProto, helper

DOMAINS: Final = ("d", "d", "d", "", "ai.onnx")
NAMES: Final = ("f", "g", "h", "Relu", "If")
BESIDE: Final = ("weights.bin", "long.bin", "link.bin", "away.bin", "deep/weights.bin", "deep/../weights.bin", "pipe.bin", "m.onnx", "model.onnx", ".", "absent.bin")  # fmt: skip
"""What may lie beside the model (``harness.put_beside``), and what may not."""
SIZES: Final = (
    "",
    "0",
    "1",
    "15",
    "16",
    "24",
    "4096",
    str(3 << 30),
    str(12 << 30),
    str(2**63),
    "-1",
    "1e3",
    "9" * 25,
)
DIMS: Final = (0, 1, 2, 3, 4, 5, 16, -1, -5, 2**20, 2**31, 2**32, 2**62, 2**63 - 1)


def functions(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """A few functions more, and a node that calls one."""
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    for _i in range(random.randint(1, 5)):
        nodes = _body(random)
        made = helper.make_function(
            random.choice(DOMAINS), random.choice(NAMES), ["a"], ["b"], nodes, opset,
            attributes=random.choice(([], ["k"], ["k", "body"])), overload=random.choice(("", "", "", "o")),
        )  # fmt: skip
        if random.random() < 0.1:
            made.attribute_proto.append(helper.make_attribute("k", _branch(random)))
        model.functions.append(made)
    if model.graph.node and random.random() < 0.8:
        node = random.choice(model.graph.node)
        call = _call(random)
        node.op_type, node.domain, node.overload = call.op_type, call.domain, call.overload
        node.attribute.extend(call.attribute)
    if all(o.domain != "d" for o in model.opset_import):
        model.opset_import.add(domain="d", version=1)


def _body(random: Random) -> list[onnx.NodeProto]:
    steps = random.choice((1, 1, 2, 3, 30))
    nodes = []
    for step in range(steps):
        node = _call(random) if random.random() < 0.7 else helper.make_node("Relu", [], [])
        node.input[:] = ["a" if not step else f"t{step - 1}"]
        node.output[:] = ["b" if step == steps - 1 else f"t{step}"]
        nodes.append(node)
    if random.random() < 0.6:
        condition = helper.make_node(
            "Constant", [], ["c"], value=helper.make_tensor("v", TensorProto.BOOL, [], [1])
        )
        branches = {"then_branch": _branch(random), "else_branch": _branch(random)}
        nodes = [condition, *nodes[:-1], helper.make_node("If", ["c"], ["b"], **branches)]
    return nodes


def _branch(random: Random, depth: int = 0) -> onnx.GraphProto:
    inner = _call(random)
    inner.input[:], inner.output[:] = ["a"], ["o"]
    if depth < 6 and random.random() < 0.3:
        inner = helper.make_node(
            "If", ["c"], ["o"], then_branch=_branch(random, depth + 1), else_branch=_branch(random, depth + 1)
        )
    return helper.make_graph([inner], "t", [], [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)])


def _call(random: Random) -> onnx.NodeProto:
    node = helper.make_node(random.choice(NAMES), ["a"], ["b"], domain=random.choice(DOMAINS))
    node.overload = random.choice(("", "", "", "o"))
    if random.random() < 0.2:
        kind = random.choice((AttributeProto.TENSOR, AttributeProto.GRAPH, AttributeProto.FLOAT))
        node.attribute.add(
            name=random.choice(("k", "body", "value")),
            ref_attr_name=random.choice(("k", "body", "z")),
            type=kind,
        )
    elif random.random() < 0.2:
        value = helper.make_tensor("v", TensorProto.FLOAT, [500], [0.5] * 500)
        node.attribute.append(helper.make_attribute("k", value))
    elif random.random() < 0.05:
        node.attribute.append(helper.make_attribute("body", helper.make_graph([], "e", [], [])))
    return node


def sparse(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """A sparse tensor of any shape, as an initializer or in a Constant that a node reads."""

    def dims(most: int) -> list[int]:
        return [random.choice(DIMS) for _i in range(random.randint(0, most))]

    count = random.choice((0, 1, 2, 5))
    values = TensorProto(
        name=random.choice(("s", "w", "")),
        data_type=random.choice((1, 1, 1, 7, 8, 99)),
        dims=random.choice(([count], dims(2))),
    )
    values.float_data.extend([1.0] * count)
    indices = TensorProto(data_type=TensorProto.INT64, dims=random.choice(([count], [count, 2], dims(3))))
    indices.int64_data.extend(random.choice(DIMS) for _i in range(random.choice((count, 2 * count))))
    tensor = onnx.SparseTensorProto(
        dims=random.choice(([4, 4], [1, 3, 8, 8], dims(4))), values=values, indices=indices
    )
    if random.random() < 0.5:
        model.graph.sparse_initializer.append(tensor)
        name = values.name
    else:
        name = f"k{random.randrange(100)}"
        node = model.graph.node.add(op_type="Constant", output=[name])
        node.attribute.add(name="sparse_value", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=tensor)
    readers = [node for node in model.graph.node if node.input]
    if readers:
        node = random.choice(readers)
        node.input[random.randrange(len(node.input))] = name


def external(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """An initializer's data lies, or is said to lie, beside the file."""
    tensors = [*model.graph.initializer]
    tensors += [a.t for node in model.graph.node for a in node.attribute if a.HasField("t")]
    if not tensors:
        tensors = [model.graph.initializer.add(name="w", data_type=1, dims=[4])]
    tensor = random.choice(tensors)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    del tensor.external_data[:]
    tensor.external_data.add(key="location", value=random.choice(BESIDE))
    for key in ("offset", "length"):
        if random.random() < 0.5:
            tensor.external_data.add(key=key, value=random.choice(SIZES))
    if random.random() < 0.3:
        tensor.dims[:] = [random.choice(DIMS) for _i in range(random.randint(0, 4))]
    if random.random() < 0.2:
        tensor.data_type = random.choice((1, 7, 8, 9, 10, 16, 22, 99))
