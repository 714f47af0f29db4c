"""Networks of one operator, and what a call of the command line gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Run = Callable[..., tuple[int, str, str]]


def net(path: Path, op: str = "Conv", size: int = 64, name: str = "") -> Path:
    """A one-operator network at ``path``."""
    weights, attributes = [], {}  # type: list[onnx.TensorProto], dict[str, Any]
    if op == "Conv":
        weights, attributes = (
            [numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "w")],
            {"pads": [1, 1, 1, 1]},
        )
    elif op == "ConvTranspose":
        weights = [numpy_helper.from_array(np.ones((3, 4, 4, 4), np.float32), "w")]
        attributes = {"pads": [1, 1, 1, 1], "strides": [2, 2]}
    node = helper.make_node(
        op, ["x", *(w.name for w in weights)], ["y"], name=name or op.lower(), **attributes
    )
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, size, size])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], path.stem, [x], [y], weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
