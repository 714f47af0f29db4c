#!/usr/bin/env python3
"""The models of check_speed.py, written by a process of their own: its memory must not count.

python benchmarks/check_speed_models.py FOLDER GRAPHS
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def main() -> None:
    folder, graphs = Path(sys.argv[1]), int(sys.argv[2])
    onnx.save(_with_weights("picosam3"), folder / "picosam3.onnx")
    onnx.save(_vit_b(), folder / "vit_b.onnx")
    (folder / "many").mkdir()
    for index in range(graphs):
        onnx.save(_small(index), folder / "many" / f"{index:04}.onnx")


def _with_weights(name: str) -> onnx.ModelProto:
    """The built-in graph with random weights."""
    from sensorfit.models.registry import find

    entry = find(name)
    assert entry is not None
    proto = onnx.load(entry.graph)
    random = np.random.default_rng(0)
    for tensor in proto.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and not tensor.raw_data and not tensor.float_data:
            tensor.raw_data = random.standard_normal(tuple(tensor.dims), np.float32).tobytes()
    return proto


def _vit_b() -> onnx.ModelProto:
    """An image encoder of SAM ViT-B's dimensions: width 768, 12 blocks, 64x64 tokens; plain attention."""
    random, weights, nodes = np.random.default_rng(0), [], []
    width, tokens, heads = 768, 4096, 12

    def weight(name: str, *shape: int) -> str:
        weights.append(numpy_helper.from_array(random.standard_normal(shape, np.float32), name))
        return name

    def constant(name: str, *values: int) -> str:
        weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def node(op: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def norm(x: str, name: str) -> str:
        return node(
            "LayerNormalization", [x, weight(f"{name}.g", width), weight(f"{name}.b", width)], name, axis=-1
        )

    def linear(x: str, name: str, inner: int, outer: int) -> str:
        return node(
            "Add",
            [node("MatMul", [x, weight(f"{name}.w", inner, outer)], f"{name}.m"), weight(f"{name}.c", outer)],
            name,
        )

    x = node(
        "Conv",
        ["image", weight("patch.w", width, 3, 16, 16)],
        "patch",
        strides=[16, 16],
        kernel_shape=[16, 16],
    )
    x = node("Reshape", [x, constant("flat", 1, width, tokens)], "flatten")
    x = node("Transpose", [x], "tokens", perm=[0, 2, 1])
    x = node("Add", [x, weight("position", 1, tokens, width)], "positioned")
    for block in range(12):
        b = f"block{block}"
        n = norm(x, f"{b}.norm1")
        parts = []
        for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
            p = linear(n, f"{b}.{part}", width, width)
            p = node(
                "Reshape", [p, constant(f"{b}.{part}.s", 1, tokens, heads, width // heads)], f"{b}.{part}.h"
            )
            parts.append(node("Transpose", [p], f"{b}.{part}.t", perm=order))
        a = node("Softmax", [node("MatMul", parts[:2], f"{b}.scores")], f"{b}.attention", axis=-1)
        a = node("Transpose", [node("MatMul", [a, parts[2]], f"{b}.mixed")], f"{b}.back", perm=[0, 2, 1, 3])
        a = node("Reshape", [a, constant(f"{b}.o.s", 1, tokens, width)], f"{b}.heads")
        x = node("Add", [x, linear(a, f"{b}.proj", width, width)], f"{b}.res1")
        h = node("Relu", [linear(norm(x, f"{b}.norm2"), f"{b}.mlp1", width, 4 * width)], f"{b}.act")
        x = node("Add", [x, linear(h, f"{b}.mlp2", 4 * width, width)], f"{b}.res2")
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 1024, 1024])
    out = helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, tokens, width])
    # Relative positions: what lifts ViT-B's file to 375 MB.
    weight("relative", 6, tokens, 256)
    weight("unused", 1)
    return helper.make_model(
        helper.make_graph(nodes, "vit_b", [image], [out], weights),
        opset_imports=[helper.make_opsetid("", 17)],
    )


def _small(index: int) -> onnx.ModelProto:
    """A convolution, an activation and a pooling, of sizes that ``index`` chooses."""
    channels, size = 4 + index % 29, 16 + 8 * (index % 5)
    weight = numpy_helper.from_array(np.ones((channels, 3, 3, 3), np.float32), "w")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node(("Relu", "Sigmoid", "HardSwish")[index % 3], ["c"], ["r"], name="act"),
        helper.make_node("MaxPool", ["r"], ["y"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, size, size])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, channels, size // 2, size // 2])
    graph = helper.make_graph(nodes, f"small{index}", [x], [y], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


if __name__ == "__main__":
    main()
