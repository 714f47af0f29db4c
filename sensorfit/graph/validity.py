"""Nodes as their schema demands, so that nothing downstream reads an input that is not there.

Only what the analyses rely on: numbers of inputs and outputs, required inputs,
types of attributes and tensors. An operator that the file's opset does not have
yet is held to the first that has it. A node of an operator or domain that ONNX
does not know is left alone; the rules say what is known of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import onnx
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto

from ..errors import ModelError
from .shapes import schema_for
from .stored import RAW_BITS
from .subgraphs import subgraphs

_TYPES: Final = frozenset({TensorProto.UNDEFINED, TensorProto.STRING, *RAW_BITS})
"""Element types that the converter's ONNX has; later versions of the package know more."""
_POSITIVE: Final = frozenset(
    {"group", "kernel_shape", "strides", "dilations", "output_shape", "blocksize", "num_outputs"}
)
_SIZED: Final = _POSITIVE | {
    "pads",
    "output_padding",
    "hidden_size",
    "sampling_ratio",
    "output_height",
    "output_width",
}
_MOST: Final = 2**31 - 1
"""Sizes and paddings beyond it are not meant."""


def check_nodes(graph: GraphProto, opsets: Mapping[str, int], where: str) -> None:
    """ModelError for a node that breaks its schema, or a tensor of a type that the converter does not know."""
    for tensor in graph.initializer:
        if tensor.data_type not in _TYPES:
            raise ModelError(
                f"{where}: initializer '{tensor.name}' has type {tensor.data_type}, which the converter does not know"
            )
    for info in (*graph.input, *graph.output, *graph.value_info):
        if info.type.tensor_type.elem_type not in _TYPES:
            raise ModelError(
                f"{where}: tensor '{info.name}' has type {info.type.tensor_type.elem_type}, which the converter does not know"
            )
    unsaid = onnx.defs.onnx_opset_version()  # a file that names no opset must keep to some
    waiting: list[Iterable[NodeProto]] = [graph.node]
    while waiting:
        for node in waiting.pop():
            name = f"{where}: node '{node.name or node.op_type}' ({node.op_type})"
            _attributes(node, name)
            domain = "" if node.domain == "ai.onnx" else node.domain
            demands = _demands(node.op_type, opsets.get(domain, 0) or unsaid, domain)
            if demands is not None:
                _counts(node, demands, name)
                _declared(node, demands, name)
            waiting += [g.node for g in subgraphs(node)]


def _attributes(node: NodeProto, name: str) -> None:
    for attribute in node.attribute:
        if attribute.ref_attr_name:
            raise ModelError(
                f"{name} refers to attribute '{attribute.ref_attr_name}' of a function, outside of one"
            )
        if attribute.name in _SIZED:
            least = 1 if attribute.name in _POSITIVE else -_MOST
            for value in (attribute.i,) if attribute.type == AttributeProto.INT else attribute.ints:
                if not least <= value <= _MOST:
                    raise ModelError(f"{name} has {attribute.name} {value}, which no tensor can follow")
        for tensor in ([attribute.t] if attribute.HasField("t") else []) + list(attribute.tensors):
            if tensor.data_type not in _TYPES:
                raise ModelError(
                    f"{name} holds a tensor of type {tensor.data_type}, which the converter does not know"
                )


class _Demands(NamedTuple):
    """What a schema demands of its nodes; reading it from C++ for every node would take longer than checking."""

    inputs: tuple[int, int]
    """Fewest and most."""
    outputs: tuple[int, int]
    required: tuple[tuple[int, str], ...]
    """Index and name of the inputs that must be given."""
    kinds: Mapping[str, int]
    """The type of each attribute."""
    attributes: tuple[str, ...]
    """The attributes that must be given."""


@lru_cache(maxsize=4096)
def _demands(op: str, opset: int, domain: str) -> _Demands | None:
    newest = opset if domain else onnx.defs.onnx_opset_version()
    known = (schema_for(op, version, domain) for version in range(opset, max(opset, newest) + 1))
    schema = next(filter(None, known), None)
    if schema is None:
        return None
    single = onnx.defs.OpSchema.FormalParameterOption.Single
    declared: Mapping[str, Any] = schema.attributes  # a C++ enum without type hints
    return _Demands(
        (schema.min_input, schema.max_input),
        (schema.min_output, schema.max_output),
        tuple((i, formal.name) for i, formal in enumerate(schema.inputs) if formal.option == single),
        {n: int(a.type) for n, a in declared.items()},
        tuple(n for n, a in declared.items() if a.required),
    )


def _counts(node: NodeProto, demands: _Demands, name: str) -> None:
    given, (least, most) = len(node.input), demands.inputs
    if not least <= given <= most:
        raise ModelError(f"{name} has {given} inputs where the operator takes {_range(least, most)}")
    written, (least, most) = len(node.output), demands.outputs
    if not least <= written <= most:
        raise ModelError(f"{name} has {written} outputs where the operator has {_range(least, most)}")
    for index, formal in demands.required:
        if index < given and not node.input[index]:
            raise ModelError(f"{name} leaves out input {index} ({formal}), which the operator needs")


def _range(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}" if most < 2**31 - 1 else f"at least {least}"


def _declared(node: NodeProto, demands: _Demands, name: str) -> None:
    for attribute in node.attribute:
        kind = demands.kinds.get(attribute.name)
        if kind is not None and attribute.type != kind:
            wanted = AttributeProto.AttributeType.Name(kind)
            raise ModelError(f"{name} gives attribute '{attribute.name}' another type than {wanted}")
    missing = [n for n in demands.attributes if all(n != x.name for x in node.attribute)]
    if missing:
        raise ModelError(f"{name} lacks the attribute '{missing[0]}', which the operator needs")
