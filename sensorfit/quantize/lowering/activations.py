"""Activations: the layers that MCT fuses into what stands before them."""

from __future__ import annotations

from math import isclose, prod

import torch
from torch import nn

from ...graph.ir import Node
from .builder import Builder, Value
from .registry import NoRoad, lowers

LAYERS = {
    "Relu": nn.ReLU, "Sigmoid": nn.Sigmoid, "Tanh": nn.Tanh, "HardSwish": nn.Hardswish, "Mish": nn.Mish,
    "Softplus": nn.Softplus, "Selu": nn.SELU,
}  # fmt: skip


@lowers("Relu", "Sigmoid", "Tanh", "HardSwish", "Mish", "Softplus", "Selu")
def plain(b: Builder, node: Node) -> Value:
    return b.layer(node, LAYERS[node.op](), b.value(node.inputs[0]))


@lowers("LeakyRelu")
def leaky_relu(b: Builder, node: Node) -> Value:
    return b.layer(node, nn.LeakyReLU(float(node.attrs.get("alpha", 0.01))), b.value(node.inputs[0]))


@lowers("Gelu")
def gelu(b: Builder, node: Node) -> Value:
    return b.layer(node, nn.GELU(approximate=node.attrs.get("approximate", "none")), b.value(node.inputs[0]))


@lowers("HardSigmoid")
def hard_sigmoid(b: Builder, node: Node) -> Value:
    """torch has the slope 1/6 alone; another is a product, a sum and a Clip."""
    slope, offset = float(node.attrs.get("alpha", 0.2)), float(node.attrs.get("beta", 0.5))
    value = b.value(node.inputs[0])
    if isclose(slope, 1 / 6, rel_tol=1e-5) and offset == 0.5:
        return b.layer(node, nn.Hardsigmoid(), value)
    line = b.call(torch.add, b.call(torch.mul, value, slope), offset)
    return b.layer(node, nn.Hardtanh(0.0, 1.0), line)


@lowers("Clip")
def clip(b: Builder, node: Node) -> Value:
    bounds = []
    for index, name in ((1, "min"), (2, "max")):
        array = b.constant(node.input(index))
        if node.input(index) and array is None:
            raise NoRoad("its bounds are computed")
        bounds.append(float(array.reshape(-1)[0]) if array is not None else node.attrs.get(name))
    low, high = bounds
    value = b.value(node.inputs[0])
    if low is None and high is None:
        return value
    if low == 0 and high is None:
        return b.layer(node, nn.ReLU(), value)
    if low == 0 and high == 6:
        return b.layer(node, nn.ReLU6(), value)
    if low is not None and high is not None and low < high:
        return b.layer(node, nn.Hardtanh(low, high), value)
    return b.call(torch.clamp, value, min=low, max=high)


@lowers("Softmax")
def softmax(b: Builder, node: Node) -> Value:
    rank = len(b.shape(node.inputs[0]))
    axis = int(node.attrs.get("axis", -1 if b.graph.opset >= 13 else 1))
    value = b.value(node.inputs[0])
    if b.graph.opset < 13 and axis % rank != rank - 1:  # over all axes from there on
        shape = b.shape(node.inputs[0])
        rows = b.reshape(value, (*shape[: axis % rank], prod(shape[axis % rank :])))
        return b.reshape(b.layer(node, nn.Softmax(dim=-1), rows), tuple(shape))
    return b.layer(node, nn.Softmax(dim=axis % rank), value)
