"""The file's graph at an opset that both the rewrites and the front end read: 17, or 20."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Final

import onnx
from onnx import helper

from ..errors import ModelError
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.old_norms import mark, read_in, trains, with_first_output
from ..graph.stored import constants as stored
from ..graph.stored import has_data, is_external
from ..graph.write import IR_VERSION
from ..runtime.isolated import isolated
from .group_scales import by_channel
from .opset import NEWER, raised

OLDER: Final = 17
SMALL: Final = 1024
"""Initializers up to this many elements say how: axes, pads, sizes. The converter of versions reads those."""
LEGACY: Final = 10
"""Up to this opset Upsample and Resize sample at i / scale; ONNX's converter writes a Resize that samples elsewhere."""
LEGACY_SAMPLING: Final = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def readable(graph: Graph) -> bool:
    """Whether the graph stays at the opset that it has."""
    return graph.opset in (OLDER, NEWER) or graph.quantized


def at_opset(
    proto: onnx.ModelProto,
    graph: Graph,
    source: Path | onnx.ModelProto,
    input_shapes: Mapping[str, Iterable[int]] | None,
) -> Graph:
    """``graph``, loaded from ``proto``, at opset 17 or 20; ModelError where that is not possible."""
    if readable(graph):
        return graph
    if OLDER < graph.opset < NEWER:
        return raised(graph) or graph
    where = str(source) if isinstance(source, Path) else graph.name
    if unknown := next((n for n in graph.nodes if not n.domain and not onnx.defs.has(n.op)), None):
        raise ModelError(
            f"{where}: '{unknown.name}' is a {unknown.op}, which is no operator of ONNX (tf2onnx leaves what it cannot convert): nothing "
            "is proven of what no runtime computes; export it again without it"
        )
    aim = OLDER if graph.opset < OLDER else NEWER
    try:
        converted = _converted(by_channel(proto, graph), aim)
    except Exception as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        raise ModelError(
            f"{where}: its opset {graph.opset} cannot be brought to {aim} ({said}); export it again at opset {OLDER}"
        ) from None
    if isinstance(source, Path):
        return load(source, graph.name, input_shapes, proto=converted)
    return load(converted, graph.name, input_shapes)


def _converted(proto: onnx.ModelProto, aim: int) -> onnx.ModelProto:
    """By ONNX's own converter, which sees the large weights as inputs: their data stays where it is."""
    import onnx.version_converter

    given = {i.name for i in proto.graph.input}
    shown, large = onnx.ModelProto(), []
    shown.CopyFrom(proto)  # without the weights: these lie beside or are moved out
    del shown.graph.initializer[:]
    opset = next((o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")), 1)
    read = read_in(shown.graph)
    trained = [n for n in shown.graph.node if trains(n, opset, read)]
    for node in trained:
        node.CopyFrom(with_first_output(node))
    constants = _large_constants(shown.graph)
    for tensor in (*proto.graph.initializer, *constants):
        if prod(tensor.dims) <= SMALL:
            shown.graph.initializer.append(tensor)
            continue
        large.append(tensor)
        if tensor.name not in given:
            shown.graph.input.append(
                helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            )
    shown.ir_version = max(shown.ir_version, 4)
    # In a child: ONNX's converter ends its process on nodes that lack operands.
    made = isolated(
        "the opset", lambda: onnx.version_converter.convert_version(shown, aim).SerializeToString()
    )
    converted = onnx.ModelProto.FromString(made)
    mark(converted.graph.node, frozenset(n.output[0] for n in trained))
    names = {t.name for t in large}
    inputs = [i for i in converted.graph.input if i.name not in names]
    del converted.graph.input[:]
    converted.graph.input.extend(inputs)
    converted.graph.initializer.extend(large)
    if _without_data(converted) > _without_data(proto):
        raise ModelError("weights inside a subgraph would be lost")
    converted.ir_version = IR_VERSION
    if opset <= LEGACY:
        for node in converted.graph.node:
            if node.op_type == "Resize":
                node.attribute.extend(helper.make_attribute(k, v) for k, v in LEGACY_SAMPLING.items())
    return converted


def _large_constants(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    """The large tensors of Constant nodes, taken out of ``graph`` under the names of the nodes' outputs.

    Their data lies in the file, as that of initializers does, and ONNX's converter drops where from a Constant.
    """
    found, kept = [], []
    for node in graph.node:
        value = next((a.t for a in node.attribute if a.name == "value"), None)
        if node.op_type == "Constant" and value is not None and prod(value.dims) > SMALL:
            tensor = onnx.TensorProto()
            tensor.CopyFrom(value)
            tensor.name = node.output[0]
            found.append(tensor)
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    return found


def _without_data(model: onnx.ModelProto) -> int:
    """Constants whose data is neither in the model nor beside it."""
    return sum(
        0 not in tensor.dims and not is_external(tensor) and not has_data(tensor)
        for tensor in stored(model.graph)
    )
