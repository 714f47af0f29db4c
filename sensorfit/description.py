"""The file under check, described: where it came from and what it holds."""

from __future__ import annotations

from math import prod
from pathlib import Path

import onnx

from .graph.ir import Graph
from .graph.load import QUANTIZER_DOMAIN
from .graph.shapes import dtype_of, shape_of
from .graph.stored import FLOATS
from .models.registry import Entry
from .report.report import ModelInfo, TensorInfo

BUFFERS = {
    "BatchNormalization": (3, 4), "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2), "QLinearConv": (1, 2, 4, 5, 6, 7),
    "QLinearMatMul": (1, 2, 4, 5, 6, 7),
}  # fmt: skip
"""Inputs that are not trained, so not parameters: running statistics, scales and zero points."""
INTEGERS = {
    "DequantizeLinear": (0,), "QLinearConv": (3, 8), "QLinearMatMul": (0, 3), "ConvInteger": (1,), "MatMulInteger": (0, 1),
}  # fmt: skip
"""Inputs that hold trained values as integers."""
BLOCK = 1 << 20
"""Bytes of a file that are hashed at a time."""


def describe(
    proto: onnx.ModelProto, graph: Graph, source: Path | onnx.ModelProto, entry: Entry | None
) -> ModelInfo:
    """``source`` (``proto`` once read, ``graph`` once loaded) as the report shows it."""
    given = {p.key: p.value for p in proto.metadata_props}
    stated = given.get("sensorfit.parameters", "")
    return ModelInfo(
        name=graph.name,
        path="" if not isinstance(source, Path) else source.name if entry else str(source),
        sha256=_sha256(source),
        opset=graph.opset,
        inputs=describe_inputs(graph),
        outputs=tuple(TensorInfo(o.name, shape_of(o.type), dtype_of(o.type)) for o in proto.graph.output),
        parameters=int(stated) if entry and stated.isdigit() else parameters(proto),
        nodes=len(proto.graph.node),
        producer=proto.producer_name,
        quantized=graph.quantized,
        title=entry.title if entry else "",
        note=entry.stands_for if entry else "",
    )


def describe_inputs(graph: Graph) -> tuple[TensorInfo, ...]:
    """The inputs as the file declares them, with the shapes they are judged at where these differ."""
    found = []
    for name in graph.inputs:
        declared, judged = graph.declared_inputs.get(name), graph.shape(name)
        found.append(
            TensorInfo(name, declared, graph.tensors[name].dtype, judged if judged != declared else None)
        )
    return tuple(found)


def parameters(proto: onnx.ModelProto) -> int:
    """Trained values in the file: elements of float initializers of rank 1 and up and of quantized ones;
    BatchNorm statistics, scales and a quantizer's thresholds left out."""
    nodes = proto.graph.node
    buffers = {n.input[i] for n in nodes for i in BUFFERS.get(n.op_type, ()) if i < len(n.input)}
    buffers |= {t for n in nodes if n.domain == QUANTIZER_DOMAIN for t in n.input[1:]}
    integers = {n.input[i] for n in nodes for i in INTEGERS.get(n.op_type, ()) if i < len(n.input)}
    return sum(
        prod(t.dims)
        for t in proto.graph.initializer
        if t.dims and t.name not in buffers and (t.data_type in FLOATS or t.name in integers)
    )


def _sha256(source: Path | onnx.ModelProto) -> str:
    import hashlib

    if not isinstance(source, Path):
        return hashlib.sha256(source.SerializeToString(deterministic=True)).hexdigest()
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
