"""Pools over windows and over the whole map."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from ...graph.ir import Node
from .builder import Builder, Value
from .kernels import pads_of
from .registry import NoRoad, lowers

LOWEST = -3.4028234663852886e38
"""float32's: what a maximum never takes."""


@lowers("MaxPool")
def max_pool(b: Builder, node: Node) -> Value:
    if len([t for t in node.outputs if t]) > 1:
        raise NoRoad("its indices are read")
    kernel, strides, dilations, begins, ends = _window(b, node)
    kind = {1: nn.MaxPool1d, 2: nn.MaxPool2d}.get(len(kernel))
    if kind is None:
        raise NoRoad(f"a pool over {len(kernel)} dimensions")
    value = b.value(node.inputs[0])
    if begins != ends or any(2 * p > k for p, k in zip(begins, kernel, strict=True)):
        value = b.pad(value, [0, 0, *begins, 0, 0, *ends], fill=LOWEST)
        begins = [0] * len(kernel)
    made = kind(
        tuple(kernel),
        tuple(strides),
        tuple(begins),
        tuple(dilations),
        ceil_mode=bool(node.attrs.get("ceil_mode")),
    )
    return b.layer(node, made, value)


@lowers("AveragePool")
def average_pool(b: Builder, node: Node) -> Value:
    kernel, strides, dilations, begins, ends = _window(b, node)
    kind = {1: nn.AvgPool1d, 2: nn.AvgPool2d}.get(len(kernel))
    if kind is None or set(dilations) != {1}:
        raise NoRoad(f"an average over {len(kernel)} dimensions or with dilation")
    counted = bool(node.attrs.get("count_include_pad"))
    value = b.value(node.inputs[0])
    if begins != ends or any(2 * p > k for p, k in zip(begins, kernel, strict=True)):
        if not counted:
            raise NoRoad("padding that differs at the two ends and does not count")
        value = b.pad(value, [0, 0, *begins, 0, 0, *ends])
        begins = [0] * len(kernel)
    made = kind(
        tuple(kernel),
        tuple(strides),
        tuple(begins),
        ceil_mode=bool(node.attrs.get("ceil_mode")),
        count_include_pad=counted,
    )
    return b.layer(node, made, value)


@lowers("GlobalAveragePool")
def global_average_pool(b: Builder, node: Node) -> Value:
    rank = len(b.shape(node.inputs[0]))
    if rank != 4:
        raise NoRoad(f"a pool over {rank - 2} dimensions")
    return b.call(F.adaptive_avg_pool2d, b.value(node.inputs[0]), 1)


def _window(b: Builder, node: Node) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    """Kernel, strides, dilations, pads at the beginnings and at the ends."""
    kernel = [int(k) for k in node.attrs["kernel_shape"]]
    strides = [int(s) for s in node.attrs.get("strides") or (1,) * len(kernel)]
    dilations = [int(d) for d in node.attrs.get("dilations") or (1,) * len(kernel)]
    begins, ends = pads_of(node, b.shape(node.inputs[0])[2:], tuple(kernel), strides, dilations)
    return kernel, strides, dilations, begins, ends
