"""Convolutions with unequal sides before a pointwise one, merged as MCT would: its own merging fails on such kernels.

    Conv 1x1 (Conv kh x kw (x))  ->  Conv kh x kw (x)        kh != kw, no activation between

MCT 2.5.1 computes the merged kernel (``linear_collapsing``) on an input whose sides it exchanges, and ends with "Kernel
size can't be greater than actual input size".
"""

from __future__ import annotations

from typing import Any

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def merge_flat_kernels(module: fx.GraphModule) -> None:
    """Merge such pairs in place; the graph is recompiled by the caller."""
    layers = dict(module.named_modules())
    for node in list(module.graph.nodes):
        second = layers.get(str(node.target)) if node.op == "call_module" else None
        if not isinstance(second, nn.Conv2d) or not _is_pointwise(second):
            continue
        before = node.args[0]
        normalization = None
        if isinstance(layers.get(str(before.target)), nn.BatchNorm2d) and len(before.users) == 1:
            normalization, before = before, before.args[0]
        first = layers.get(str(before.target)) if before.op == "call_module" else None
        if not isinstance(first, nn.Conv2d) or not _is_flat(first) or len(before.users) != 1:
            continue
        if normalization is not None:
            first = fuse_conv_bn_eval(first, layers[str(normalization.target)])
        merged = _merged(first, second)
        layers[str(node.target)] = merged
        module.set_submodule(str(node.target), merged)
        node.args = before.args


def _merged(first: nn.Conv2d, second: nn.Conv2d) -> nn.Conv2d:
    outer = second.weight.detach().double()[:, :, 0, 0]
    kernel = torch.einsum("om,mihw->oihw", outer, first.weight.detach().double())
    sides: Any = (first.kernel_size, first.padding)
    made = nn.Conv2d(first.in_channels, second.out_channels, sides[0], padding=sides[1], bias=True)
    inner = torch.zeros(first.out_channels) if first.bias is None else first.bias.detach()
    bias = outer @ inner.double() + (0 if second.bias is None else second.bias.detach().double())
    made.load_state_dict({"weight": kernel.float(), "bias": bias.float()})
    return made.eval()


def _is_flat(layer: nn.Conv2d) -> bool:
    height, width = layer.kernel_size
    return height != width and _is_plain(layer)


def _is_pointwise(layer: nn.Conv2d) -> bool:
    return layer.kernel_size == (1, 1) and layer.padding in (0, (0, 0)) and _is_plain(layer)


def _is_plain(layer: nn.Conv2d) -> bool:
    return layer.groups == 1 and set(layer.stride) == set(layer.dilation) == {1}
