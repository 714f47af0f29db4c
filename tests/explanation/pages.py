"""Explanations for the tests, each made once."""

from functools import cache
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser

from sensorfit.api import explain
from sensorfit.explanation import Page
from sensorfit.explanation.model import Part


@cache
def page(model: str) -> Page:
    return explain(model)


def operators(part: Part) -> set[str]:
    return {group.op for group in part.refused}


def saved(path: Path, text: str) -> Path:
    model = parser.parse_model(text)
    for index, node in enumerate(model.graph.node):
        node.name = f"n{index}"
    onnx.save(model, path)
    return path


def chain(path: Path, size: str, opset: int = 17) -> Path:
    """A network that any size goes through and whose activations decide."""
    file = saved(
        path,
        f"""<ir_version: 8, opset_import: ["" : {opset}]> g (float[1,3,{size}] image) => (float[1,64,{size}] y)
        <float[64,3,3,3] w, float[64,64,3,3] v>
        {{ a = Conv<pads=[1,1,1,1]>(image, w) b = Relu(a) c = Conv<pads=[1,1,1,1]>(b, v) d = Relu(c) e = Add(b, d)
           y = Sigmoid(e) }}""",
    )
    model = onnx.load(file)
    del model.graph.value_info[:]
    for name, dims in (("w", (64, 3, 3, 3)), ("v", (64, 64, 3, 3))):
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(dims, np.float32), name))
    onnx.save(model, file)
    return file
