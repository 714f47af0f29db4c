"""The value of a constant expression, computed only when somebody asks.

Folding a graph's shape arithmetic needs a handful of small integers; its
weights may be hundreds of megabytes. So a node whose inputs are all constant
becomes a constant whose value is a closure over its inputs' values, evaluated
once with ONNX's own reference implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx

MAX_ELEMENTS = 1 << 24
"""Largest constant evaluated, so that a hostile ConstantOfShape cannot fill the memory."""

RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
NOT_FOLDED = RANDOM | {
    "If", "Loop", "Scan", "SequenceMap", "Dropout", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"
}  # fmt: skip
"""Operators that are not constant even where their inputs are, or whose meaning is to be kept."""

Value = Callable[[], "np.ndarray | None"]


def reader(tensor: onnx.TensorProto, directory: str | None) -> Value:
    """The array of an initializer: a view of the file's bytes, None where the data is absent."""

    @cache
    def read() -> np.ndarray | None:
        proto = tensor
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            if directory is None:
                return None
            proto = onnx.TensorProto()
            proto.CopyFrom(tensor)
            try:
                onnx.external_data_helper.load_external_data_for_tensor(proto, directory)
            except Exception:  # the data may be absent or outside; either way there is no value
                return None
        try:
            return onnx.numpy_helper.to_array(proto)
        except Exception:  # stripped weights: dims without data
            return None

    return read


def evaluator(node: onnx.NodeProto, inputs: Sequence[Value | None], output: int, opset: int) -> Value:
    """The value of output ``output`` of ``node`` over the values of its inputs; None where it has none."""

    @cache
    def read() -> np.ndarray | None:
        arrays = [value() if value is not None else None for value in inputs]
        feeds = {}
        for name, array, value in zip(node.input, arrays, inputs, strict=True):
            if value is None:
                continue
            if array is None or array.size > MAX_ELEMENTS:
                return None
            feeds[name] = array
        try:
            results: Any = _session(node, opset).run(None, feeds)
        except Exception:  # the reference implementation refuses what it cannot compute
            return None
        result = results[output]
        return np.asarray(result) if isinstance(result, (np.ndarray, np.generic)) else None

    return read


def _session(node: onnx.NodeProto, opset: int) -> onnx.reference.ReferenceEvaluator:
    import onnx.reference  # here: most graphs fold nothing

    names = [name for name in dict.fromkeys(node.input) if name]
    unknown = onnx.helper.make_tensor_type_proto(onnx.TensorProto.UNDEFINED, None)
    inputs = [onnx.helper.make_value_info(name, unknown) for name in names]
    outputs = [
        onnx.helper.make_value_info(name or f"unused_{i}", unknown) for i, name in enumerate(node.output)
    ]
    graph = onnx.helper.make_graph(
        [node], "fold", inputs, [o for o, n in zip(outputs, node.output, strict=True) if n]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid(node.domain, opset)])
    return onnx.reference.ReferenceEvaluator(model)
