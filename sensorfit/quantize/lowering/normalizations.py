"""Normalizations with their statistics or over parts of the activation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ...graph.collapse import stands_alone
from ...graph.ir import Node
from .builder import Builder, Value
from .collapse import as_depthwise
from .registry import NoRoad, lowers


@lowers("BatchNormalization")
def batch_norm(b: Builder, node: Node) -> Value:
    shape = b.shape(node.inputs[0])
    scale, bias, mean, variance = (_parameter(b, node, index) for index in (1, 2, 3, 4))
    if node.attrs.get("training_mode"):
        raise NoRoad("training_mode: export the model in evaluation mode")
    kind = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}.get(len(shape))
    if kind is None:
        raise NoRoad(f"a BatchNormalization of {len(shape)} dimensions")
    made: Any = kind(shape[1], eps=float(node.attrs.get("epsilon", 1e-5)))
    made.weight.data, made.bias.data, made.running_mean, made.running_var = scale, bias, mean, variance
    if stands_alone(b.graph, node):  # the converter takes no BatchNorm without a quantizer behind it
        made = as_depthwise(made)
    return b.layer(node, made, b.value(node.inputs[0]))


@lowers("LayerNormalization")
def layer_norm(b: Builder, node: Node) -> Value:
    shape = b.shape(node.inputs[0])
    axis = int(node.attrs.get("axis", -1)) % len(shape)
    own = shape[axis:]
    if len([t for t in node.outputs if t]) > 1:
        raise NoRoad("its mean or deviation is read")
    made = nn.LayerNorm(list(own), eps=float(node.attrs.get("epsilon", 1e-5)))
    made.weight.data = _over(_parameter(b, node, 1), own)
    made.bias.data = _over(_parameter(b, node, 2), own) if node.input(2) else torch.zeros(own)
    return b.layer(node, made, b.value(node.inputs[0]))


@lowers("InstanceNormalization")
def instance_norm(b: Builder, node: Node) -> Value:
    shape = b.shape(node.inputs[0])
    kind = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d}.get(len(shape))
    if kind is None:
        raise NoRoad(f"an InstanceNormalization of {len(shape)} dimensions")
    made = kind(shape[1], eps=float(node.attrs.get("epsilon", 1e-5)), affine=True)
    made.weight.data, made.bias.data = _parameter(b, node, 1), _parameter(b, node, 2)
    return b.layer(node, made, b.value(node.inputs[0]))


@lowers("GroupNormalization")
def group_norm(b: Builder, node: Node) -> Value:
    shape = b.shape(node.inputs[0])
    groups = int(node.attrs["num_groups"])
    made = nn.GroupNorm(groups, shape[1], eps=float(node.attrs.get("epsilon", 1e-5)))
    scale, bias = _parameter(b, node, 1), _parameter(b, node, 2)
    if b.graph.opset < 21 and scale.numel() == groups != shape[1]:  # one a group, as opsets 18 to 20 have it
        scale, bias = (t.repeat_interleave(shape[1] // groups) for t in (scale, bias))
    made.weight.data, made.bias.data = scale, bias
    return b.layer(node, made, b.value(node.inputs[0]))


def _over(values: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """``values`` for each place of ``shape``; leading dimensions of 1 beyond its rank are left out."""
    while values.dim() > len(shape) and values.shape[0] == 1:
        values = values[0]
    try:
        return values.broadcast_to(shape).clone()
    except RuntimeError:
        raise NoRoad("a scale or bias for other axes than those it normalizes") from None


def _parameter(b: Builder, node: Node, index: int) -> torch.Tensor:
    array = b.constant(node.input(index))
    if array is None:
        raise NoRoad("its scale, bias or statistics are computed")
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
