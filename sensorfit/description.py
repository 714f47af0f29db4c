"""The file under check, described: where it came from and what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path

import onnx

from .graph.image import no_single_image
from .graph.ir import QUANTIZER_DOMAIN, Graph
from .graph.open_size import closed
from .graph.shapes import SIZES, constant_proto, dtype_of, shape_of
from .graph.stored import FLOATS, has_data, is_external
from .graph.subgraphs import subgraphs
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
HOW = {"Resize": (1, 2, 3), "Pad": (1, 2), "Clip": (1, 2)}
"""Inputs that say how and not on what an operator works, beside those with a number for each dimension."""
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
        not_built=_not_built(proto, entry, graph),
        weightless=not entry.buildable if entry else _stripped(proto),
        folded=len(graph.nodes),
        closed=closed(proto, graph),
    )


def _not_built(proto: onnx.ModelProto, entry: Entry | None, graph: Graph) -> str:
    if entry is not None:
        return (
            "" if entry.buildable else "built in for check alone: build takes its ONNX file with the weights"
        )
    if _stripped(proto):
        return "the file holds no weights: build takes the one that does"
    return no_single_image({i: len(shape) for i in graph.inputs if (shape := graph.shape(i)) is not None})


def _stripped(proto: onnx.ModelProto) -> bool:
    """Whether constants of the file have no data, here or beside it."""
    return any(0 not in t.dims and not has_data(t) and not is_external(t) for t in proto.graph.initializer)


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
    """Trained values in the file: elements of float constants of rank 1 and up and of quantized ones, stored as
    initializers or in Constant nodes, in subgraphs, too; BatchNorm statistics, scales, a quantizer's thresholds and
    what only says sizes left out."""
    graphs = [proto.graph]
    for graph in graphs:
        graphs += (inner for node in graph.node for inner in subgraphs(node))
    nodes = [node for graph in graphs for node in graph.node]
    buffers = {n.input[i] for n in nodes for i in BUFFERS.get(n.op_type, ()) if i < len(n.input)}
    buffers |= {t for n in nodes if n.domain == QUANTIZER_DOMAIN for t in n.input[1:]}
    integers = {n.input[i] for n in nodes for i in INTEGERS.get(n.op_type, ()) if i < len(n.input)}
    stored = [(t.name, t) for graph in graphs for t in graph.initializer]
    trained = _read_as_weights(nodes, {name for name, _ in stored})
    for node in nodes:
        value = constant_proto(node) if node.op_type == "Constant" and not node.domain else None
        if value is not None and trained.issuperset(node.output):
            stored.append((node.output[0], value))
    return sum(
        prod(t.dims)
        for name, t in stored
        if t.dims and name not in buffers and (t.data_type in FLOATS or name in integers)
    )


def _read_as_weights(nodes: Sequence[onnx.NodeProto], given: Iterable[str]) -> set[str]:
    """The tensors whose values, perhaps through a constant expression, an operator works on; pads and sizes only say how."""
    constant = set(given)
    found: set[str] = set()
    for node in nodes:
        if node.op_type == "Constant" or (node.input and constant.issuperset(filter(None, node.input))):
            constant.update(node.output)
    for node in reversed(nodes):
        if node.output and constant.issuperset(node.output):
            found.update(node.input if not found.isdisjoint(node.output) else ())
        else:
            steers = HOW.get(node.op_type, SIZES.get(node.op_type, ()))
            found.update(t for i, t in enumerate(node.input) if i not in steers)
    return found


def _sha256(source: Path | onnx.ModelProto) -> str:
    import hashlib

    if not isinstance(source, Path):
        return hashlib.sha256(source.SerializeToString(deterministic=True)).hexdigest()
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
