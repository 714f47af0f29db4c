"""Nodes as their schema demands, so that nothing downstream reads an input that is not there.

Only what the analyses rely on: numbers of inputs and outputs, required inputs,
types of attributes and tensors. A node of an operator or domain that ONNX does
not know is left alone; the rules say what is known of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import onnx
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto

from ..errors import ModelError
from .shapes import schema_for
from .subgraphs import subgraphs

_TYPES: Final = frozenset(TensorProto.DataType.values())
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
    """ModelError for a node that breaks its schema, or a tensor of a type that does not exist."""
    for tensor in graph.initializer:
        if tensor.data_type not in _TYPES:
            raise ModelError(
                f"{where}: initializer '{tensor.name}' has type {tensor.data_type}, which does not exist"
            )
    for info in (*graph.input, *graph.output, *graph.value_info):
        if info.type.tensor_type.elem_type not in _TYPES:
            raise ModelError(
                f"{where}: tensor '{info.name}' has type {info.type.tensor_type.elem_type}, which does not exist"
            )
    waiting: list[Iterable[NodeProto]] = [graph.node]
    while waiting:
        for node in waiting.pop():
            name = f"{where}: node '{node.name or node.op_type}' ({node.op_type})"
            _attributes(node, name)
            schema = schema_for(node.op_type, opsets.get(node.domain, 0), node.domain)
            if schema is not None:
                _counts(node, schema, name)
                _declared(node, schema, name)
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
                raise ModelError(f"{name} holds a tensor of type {tensor.data_type}, which does not exist")


def _counts(node: NodeProto, schema: onnx.defs.OpSchema, name: str) -> None:
    given = len(node.input)
    if not schema.min_input <= given <= schema.max_input:
        raise ModelError(
            f"{name} has {given} inputs where the operator takes {_range(schema.min_input, schema.max_input)}"
        )
    written = len(node.output)
    if not schema.min_output <= written <= schema.max_output:
        raise ModelError(
            f"{name} has {written} outputs where the operator has {_range(schema.min_output, schema.max_output)}"
        )
    for index, formal in enumerate(schema.inputs[:given]):
        required = formal.option == onnx.defs.OpSchema.FormalParameterOption.Single
        if required and not node.input[index]:
            raise ModelError(f"{name} leaves out input {index} ({formal.name}), which the operator needs")


def _range(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}" if most < 2**31 - 1 else f"at least {least}"


def _declared(node: NodeProto, schema: onnx.defs.OpSchema, name: str) -> None:
    for attribute in node.attribute:
        declared = schema.attributes.get(attribute.name)
        kind: Any = declared.type if declared is not None else None  # a C++ enum without type hints
        if kind is not None and attribute.type != int(kind):
            wanted = AttributeProto.AttributeType.Name(int(kind))
            raise ModelError(f"{name} gives attribute '{attribute.name}' another type than {wanted}")
    missing = [
        n for n, a in schema.attributes.items() if a.required and n not in {x.name for x in node.attribute}
    ]
    if missing:
        raise ModelError(f"{name} lacks the attribute '{missing[0]}', which the operator needs")
