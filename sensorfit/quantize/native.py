"""The INT8 graph in ONNX's own operators: the same values from onnxruntime, many times as fast.

mct_quantizers' operators are Python functions that onnxruntime calls node by node, the weights' ones again for every
batch. Here the weights are quantized once, by those functions, and a power-of-two quantizer of activations becomes

    Clip(x, low, high) -> Div(step) -> Round -> Mul(step)

Both round half to even, and a division by a power of two is exact: so is the agreement. Other quantizers stay (MCT makes
none for the sensor).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..numerics.unsound import UNSOUND
from ..runtime.extra import need
from ..runtime.held import signals_held

DOMAIN: Final = "mct_quantizers"
POWER_OF_TWO: Final = "ActivationPOTQuantizer"


def session(model: Path | bytes, threads: int) -> Any:
    """An onnxruntime session on the CPU, of a file or its bytes, float or INT8; raises what onnxruntime does."""
    ort = need("onnxruntime")
    content: str | bytes = str(model) if isinstance(model, Path) else model
    read = (
        onnx.load(content, load_external_data=False)
        if isinstance(content, str)
        else onnx.load_from_string(content)
    )
    options = ort.SessionOptions()
    if any(node.domain == DOMAIN for node in read.graph.node):
        options = need("mct_quantizers").get_ort_session_options()
        content = native(onnx.load(content) if isinstance(content, str) else read).SerializeToString()
    # Optimizations of the layout sum in another order where weights are constant; a sum between two steps then
    # rounds to the other one, and later layers make much of it.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(
        content, options, providers=["CPUExecutionProvider"], disabled_optimizers=[*UNSOUND]
    )


def native(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` whose quantizers are ONNX's operators and constants; tensors keep their names."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    weights = _quantized_weights(made)
    kept: list[onnx.NodeProto] = []
    for node in made.graph.node:
        if node.output[0] in weights:
            continue
        kept.extend(_activation(node) if node.domain == DOMAIN and node.op_type == POWER_OF_TWO else (node,))
    del made.graph.node[:]
    made.graph.node.extend(kept)
    made.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in weights.items())
    return made


def _quantized_weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Every constant that a quantizer of weights makes, by the quantizers' own functions."""
    constants = {tensor.name for tensor in model.graph.initializer}
    sources = [n for n in model.graph.node if n.op_type == "Constant" and not n.domain]
    constants.update(n.output[0] for n in sources)
    quantizers = [
        n
        for n in model.graph.node
        if n.domain == DOMAIN and n.op_type.startswith("Weights") and constants.issuperset(n.input)
    ]
    if not quantizers:
        return {}
    read = {name for n in quantizers for name in n.input}
    graph = helper.make_graph(
        [*(n for n in sources if n.output[0] in read), *quantizers],
        "weights",
        [],
        [onnx.ValueInfoProto(name=n.output[0]) for n in quantizers],
        [t for t in model.graph.initializer if t.name in read],
    )
    alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    options = need("mct_quantizers").get_ort_session_options()
    runtime = need("onnxruntime")
    with signals_held():
        once = runtime.InferenceSession(
            alone.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        made = once.run(None, {})
    return dict(zip((n.output[0] for n in quantizers), made, strict=True))


def _activation(node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
    """A power-of-two quantizer as elementwise operators; the last keeps its name and its output's."""
    threshold, signed, bits = (
        helper.get_node_attr_value(node, k) for k in ("threshold", "signed", "num_bits")
    )
    step = threshold / 2 ** (bits - 1 if signed else bits)
    name = node.output[0]

    def constant(role: str, value: float) -> onnx.NodeProto:
        tensor = numpy_helper.from_array(np.float32(value), f"{name}/{role}")
        return helper.make_node("Constant", [], [f"{name}/{role}"], value=tensor)

    yield constant("low", -threshold if signed else 0.0)
    yield constant("high", threshold - step)
    yield constant("step", step)
    yield helper.make_node("Clip", [node.input[0], f"{name}/low", f"{name}/high"], [f"{name}/clipped"])
    yield helper.make_node("Div", [f"{name}/clipped", f"{name}/step"], [f"{name}/scaled"])
    yield helper.make_node("Round", [f"{name}/scaled"], [f"{name}/rounded"])
    yield helper.make_node("Mul", [f"{name}/rounded", f"{name}/step"], [name], name=node.name)
