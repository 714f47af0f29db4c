"""Convolutions and products."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import nn

from ...graph.ir import Node
from .builder import Builder, Value
from .registry import NoRoad, lowers

CONVOLUTIONS: Mapping[int, Any] = {3: nn.Conv1d, 4: nn.Conv2d}
TRANSPOSED: Mapping[int, Any] = {3: nn.ConvTranspose1d, 4: nn.ConvTranspose2d}


@lowers("Conv")
def conv(b: Builder, node: Node) -> Value:
    source = node.inputs[0]
    kernel = b.constant(node.inputs[1])
    if kernel is None:
        raise NoRoad("its kernel is computed")
    shape = b.shape(source)
    layer = CONVOLUTIONS.get(len(shape))
    if layer is None:
        raise NoRoad(f"a convolution over {len(shape) - 2} dimensions")
    size = kernel.shape[2:]
    strides, dilations = _sides(node, "strides", size), _sides(node, "dilations", size)
    begins, ends = pads_of(node, shape[2:], size, strides, dilations)
    value = b.value(source)
    if begins != ends or min(begins) < 0:
        value = b.pad(value, [0, 0, *begins, 0, 0, *ends])
        begins = [0] * len(size)
    made = layer(
        kernel.shape[1] * int(node.attrs.get("group", 1)), kernel.shape[0], tuple(size), tuple(strides), tuple(begins),
        tuple(dilations), int(node.attrs.get("group", 1)), bias=bool(node.input(2)),
    )  # fmt: skip
    return b.layer(node, _filled(b, made, kernel, node.input(2)), value)


@lowers("ConvTranspose")
def conv_transpose(b: Builder, node: Node) -> Value:
    source = node.inputs[0]
    kernel = b.constant(node.inputs[1])
    if kernel is None:
        raise NoRoad("its kernel is computed")
    shape, out = b.shape(source), b.shape(node.outputs[0])
    layer = TRANSPOSED.get(len(shape))
    if layer is None:
        raise NoRoad(f"a transposed convolution over {len(shape) - 2} dimensions")
    size = kernel.shape[2:]
    strides, dilations = _sides(node, "strides", size), _sides(node, "dilations", size)
    pads = [int(p) for p in node.attrs.get("pads", (0,) * 2 * len(size))]
    begins, ends = pads[: len(size)], pads[len(size) :]
    if begins != ends or node.attrs.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NoRoad("pads that differ at the two ends")
    extra = [
        o - ((i - 1) * s - 2 * p + d * (k - 1) + 1)
        for o, i, s, p, d, k in zip(out[2:], shape[2:], strides, begins, dilations, size, strict=True)
    ]
    group = int(node.attrs.get("group", 1))
    made = layer(
        kernel.shape[0], kernel.shape[1] * group, tuple(size), tuple(strides), tuple(begins), tuple(extra), group,
        bias=bool(node.input(2)), dilation=tuple(dilations),
    )  # fmt: skip
    return b.layer(node, _filled(b, made, kernel, node.input(2)), b.value(source))


@lowers("Gemm")
def gemm(b: Builder, node: Node) -> Value:
    weights = b.constant(node.inputs[1])
    bias = b.constant(node.input(2))
    scale, shift = float(node.attrs.get("alpha", 1.0)), float(node.attrs.get("beta", 1.0))
    if weights is None or b.graph.is_constant(node.inputs[0]) or (node.input(2) and bias is None):
        raise NoRoad("a Gemm of computed matrices; use MatMul")
    if node.attrs.get("transA"):
        raise NoRoad("transA: transpose the input before it")
    weights = weights if node.attrs.get("transB") else weights.T
    outputs = weights.shape[0]
    if bias is not None:
        if bias.ndim > 1 and bias.shape[0] != 1:
            raise NoRoad("a bias for each row")
        if bias.size not in (1, outputs):
            raise NoRoad(f"a bias of {bias.size} numbers for {outputs} outputs")
        bias = np.broadcast_to(bias.reshape(-1), (outputs,)) * shift
    return _linear(b, node, weights * scale, bias, b.value(node.inputs[0]))


@lowers("MatMul")
def matmul(b: Builder, node: Node) -> Value:
    """A product with a constant matrix on the right is a Linear layer; any other is ``torch.matmul``."""
    weights = b.constant(node.inputs[1])
    if weights is not None and weights.ndim == 2 and not b.graph.is_constant(node.inputs[0]):
        return _linear(b, node, weights.T, b.constant(node.input(2)), b.value(node.inputs[0]))
    return b.call(torch.matmul, b.value(node.inputs[0]), b.value(node.inputs[1]))


def _linear(b: Builder, node: Node, weights: np.ndarray, bias: np.ndarray | None, value: Value) -> Value:
    made = nn.Linear(weights.shape[1], weights.shape[0], bias=bias is not None)
    made.weight.data = torch.tensor(np.ascontiguousarray(weights), dtype=torch.float32)
    if bias is not None:
        made.bias.data = torch.tensor(np.ascontiguousarray(bias), dtype=torch.float32)
    return b.layer(node, made, value)


def _filled(b: Builder, layer: nn.Module, kernel: np.ndarray, bias: str) -> nn.Module:
    layer.weight.data = torch.tensor(kernel, dtype=torch.float32)
    if bias:
        values = b.constant(bias)
        if values is None:
            raise NoRoad("its bias is computed")
        layer.bias.data = torch.tensor(values, dtype=torch.float32)
    return layer


def _sides(node: Node, name: str, kernel: tuple[int, ...]) -> list[int]:
    return [int(v) for v in node.attrs.get(name) or (1,) * len(kernel)]


def pads_of(
    node: Node, size: tuple[int, ...], kernel: tuple[int, ...], strides: list[int], dilations: list[int]
) -> tuple[list[int], list[int]]:
    """The padding of a window at the beginnings and at the ends, ``auto_pad`` worked out."""
    auto = node.attrs.get("auto_pad", "NOTSET")
    pads = [int(p) for p in node.attrs.get("pads") or (0,) * 2 * len(kernel)]
    if auto == "VALID":
        pads = [0] * 2 * len(kernel)
    elif auto in ("SAME_UPPER", "SAME_LOWER"):
        whole = [
            max(0, (ceil(i / s) - 1) * s + d * (k - 1) + 1 - i)
            for i, k, s, d in zip(size, kernel, strides, dilations, strict=True)
        ]
        less, more = [w // 2 for w in whole], [w - w // 2 for w in whole]
        pads = [*less, *more] if auto == "SAME_UPPER" else [*more, *less]
    return pads[: len(kernel)], pads[len(kernel) :]
