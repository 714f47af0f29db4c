"""Functions of one number or of two, element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from ...graph.ir import Node
from .builder import Builder, Value
from .registry import NoRoad, lowers

UNARY: Mapping[str, Callable[..., Any]] = {
    "Abs": torch.abs, "Cos": torch.cos, "Exp": torch.exp, "Neg": torch.neg, "Sin": torch.sin, "Sqrt": torch.sqrt,
    "Erf": torch.erf, "Log": torch.log, "Reciprocal": torch.reciprocal, "Floor": torch.floor, "Ceil": torch.ceil,
}  # fmt: skip
BINARY: Mapping[str, Callable[..., Any]] = {
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
}
COMPARED: Mapping[str, Callable[..., Any]] = {"Equal": torch.eq}
DTYPES = {
    "float16": torch.float32, "float32": torch.float32, "float64": torch.float32, "int32": torch.int32,
    "int64": torch.int64, "bool": torch.bool, "uint8": torch.uint8, "int8": torch.int8,
}  # fmt: skip


@lowers(*UNARY)
def unary(b: Builder, node: Node) -> Value:
    return b.call(UNARY[node.op], b.value(node.inputs[0]))


@lowers(*BINARY)
def binary(b: Builder, node: Node) -> Value:
    first, second = (b.operand(i) for i in node.inputs)
    if not isinstance(first, Value):
        if node.op in ("Add", "Mul"):  # torch's functions take the number second
            first, second = second, first
        else:
            first = b.value(node.inputs[0])
    if not isinstance(first, Value):
        first = b.value(node.inputs[0])
    return b.call(BINARY[node.op], first, second)


@lowers(*COMPARED)
def compared(b: Builder, node: Node) -> Value:
    return b.call(COMPARED[node.op], *(b.value(i) for i in node.inputs))


@lowers("Max", "Min")
def extreme(b: Builder, node: Node) -> Value:
    function: Callable[..., Any] = torch.maximum if node.op == "Max" else torch.minimum
    found = b.value(node.inputs[0])
    for name in node.inputs[1:]:
        found = b.call(function, found, b.value(name))
    return found


@lowers("Sum")
def summed(b: Builder, node: Node) -> Value:
    found = b.value(node.inputs[0])
    for name in node.inputs[1:]:
        found = b.call(torch.add, found, b.value(name))
    return found


@lowers("Pow")
def power(b: Builder, node: Node) -> Value:
    exponent = b.constant(node.inputs[1])
    if exponent is not None and exponent.size == 1:
        return b.call(torch.pow, b.value(node.inputs[0]), float(exponent.reshape(-1)[0]))
    return b.call(torch.pow, b.value(node.inputs[0]), b.value(node.inputs[1]))


@lowers("Cast")
def cast(b: Builder, node: Node) -> Value:
    source, target = (b.graph.tensors[t].dtype for t in (node.inputs[0], node.outputs[0]))
    if DTYPES.get(source) is DTYPES.get(target) and source in DTYPES:  # float16 files run in float32
        return b.value(node.inputs[0])
    if target not in DTYPES:
        raise NoRoad(f"a cast to {target or 'an unknown type'}")
    return b.fx.call_method("to", (b.value(node.inputs[0]), DTYPES[target]))


@lowers("Identity", "Dropout")
def identity(b: Builder, node: Node) -> Value:
    return b.value(node.inputs[0])
