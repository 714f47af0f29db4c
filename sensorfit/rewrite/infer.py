"""Shapes of the operators that a rewrite adds: ONNX's own inference, one node at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import onnx
from onnx import TensorProto, helper

from ..graph.inference import output_types
from ..graph.ir import Node, Tensor
from ..graph.shapes import SMALL, dtype_of, schema_for, shape_of
from ..graph.write import ELEMENT, node_proto


def outputs_of(node: Node, tensor: Callable[[str], Tensor | None], opset: int) -> dict[str, Tensor]:
    """The outputs of ``node`` by name; ValueError where an input is unknown or inference says nothing."""
    read = []
    for name in node.inputs:
        found = tensor(name) if name else None
        if name and (found is None or not found.static):
            raise ValueError(f"{node.op} reads '{name}', whose shape is not known")
        read.append(found)
    types = tuple((t.dtype, t.shape) if t else None for t in read)
    data = tuple(_small(t) if t and t.constant else None for t in read)
    made = _inferred(node_proto(_anonymous(node)).SerializeToString(deterministic=True), types, data, opset)
    return {name: Tensor(name, shape, dtype) for name, (shape, dtype) in zip(node.outputs, made, strict=True)}


def _anonymous(node: Node) -> Node:
    """The node under names that do not matter, so that equal ones are asked about once."""
    inputs = tuple(f"i{k}" if name else "" for k, name in enumerate(node.inputs))
    return Node(
        "n", node.op, inputs, tuple(f"o{k}" for k in range(len(node.outputs))), node.attrs, node.domain
    )


@lru_cache(maxsize=4096)
def _inferred(
    serialised: bytes,
    types: tuple[tuple[str, tuple[int, ...]] | None, ...],
    data: tuple[bytes | None, ...],
    opset: int,
) -> tuple[tuple[tuple[int, ...], str], ...]:
    proto = onnx.NodeProto.FromString(serialised)
    schema = schema_for(proto.op_type, opset, proto.domain)
    if schema is None:
        raise ValueError(f"opset {opset} has no {proto.op_type}")
    given = {
        f"i{k}": helper.make_tensor_type_proto(ELEMENT[t[0]], t[1])
        for k, t in enumerate(types)
        if t is not None
    }
    values = {f"i{k}": TensorProto.FromString(d) for k, d in enumerate(data) if d is not None}
    found = output_types(schema, proto, given, values, [helper.make_opsetid("", opset)])
    made: list[Any] = []
    for name in proto.output:
        shape, dtype = shape_of(found.get(name)), dtype_of(found.get(name))
        if shape is None or None in shape:
            raise ValueError(f"ONNX infers no shape for {proto.op_type} of {types}")
        made.append((shape, dtype))
    return tuple(made)


def _small(tensor: Tensor) -> bytes | None:
    if (tensor.elements or 0) > SMALL or tensor._constant is None or not tensor.dtype.startswith("int"):
        return None if not _scale(tensor) else _bytes(tensor)
    return _bytes(tensor)


def _scale(tensor: Tensor) -> bool:
    """Whether it may be a Resize's scales: inference reads these."""
    return (
        tensor.dtype == "float32"
        and tensor.shape is not None
        and len(tensor.shape) == 1
        and (tensor.elements or 9) <= 8
    )


def _bytes(tensor: Tensor) -> bytes | None:
    proto = tensor._constant.proto if tensor._constant is not None else None
    return None if proto is None else bytes(proto.SerializeToString(deterministic=True))
