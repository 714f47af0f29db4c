"""Convolutions merged as MCT would, where its own merging ends in an error.

    Conv 1x1 (Conv kh x kw (x))  ->  Conv kh x kw (x)        kh != kw, no activation between
    Conv in groups (x) + x       ->  Conv in groups (x)      depthwise, too
    Conv 1x1 (BatchNorm (x))     ->  Conv 1x1 (x)            or a depthwise Conv 1x1 in its place

MCT 2.5.1 computes the first merged kernel (``linear_collapsing``) on an input whose sides it exchanges, and ends with
"Kernel size can't be greater than actual input size"; of the second (``residual_collapsing``) it indexes the kernel as
if every output channel read every input channel, and ends with "index 1 is out of bounds"; after the third
(``batchnorm_forward_folding``) it looks for the convolution that it replaced, where another follows directly, and ends
with "nbunch is not a node".
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_scales_forward(module: fx.GraphModule) -> None:
    """Move a scale of the channels into the 1x1 convolution behind it, in place.

    It is a depthwise 1x1 convolution, or a BatchNorm that no convolution before it takes in.
    """
    layers = dict(module.named_modules())
    for node in list(module.graph.nodes):
        layer = layers.get(str(node.target)) if node.op == "call_module" else None
        source: Any = node.args[0] if node.args else None
        if not isinstance(layer, nn.Conv2d) or not _is_one_by_one(layer) or layer.groups != 1:
            continue
        scale = _scale(layers.get(str(source.target))) if isinstance(source, fx.Node) else None
        if scale is None or len(source.users) != 1:
            continue
        before = source.args[0]
        taken_in = isinstance(layers.get(str(before.target)), (nn.Conv2d, nn.ConvTranspose2d))
        if taken_in and len(before.users) == 1 and isinstance(layers[str(source.target)], nn.BatchNorm2d):
            continue
        made = _scaled(layer, *scale)
        layers[str(node.target)] = made
        module.set_submodule(str(node.target), made)
        node.args = (before,)
        module.graph.erase_node(source)


def as_depthwise(normalization: nn.BatchNorm2d) -> nn.Conv2d:
    """The depthwise 1x1 convolution that computes ``normalization``."""
    factor, shift = _of_batchnorm(normalization)
    made: Any = nn.Conv2d(len(factor), len(factor), 1, groups=len(factor))
    made.weight.data, made.bias.data = factor.float().reshape(-1, 1, 1, 1), shift.float()
    return made.eval()


def _of_batchnorm(normalization: Any) -> tuple[torch.Tensor, torch.Tensor]:
    factor = (
        normalization.weight.detach().double()
        / (normalization.running_var.double() + normalization.eps).sqrt()
    )
    return factor, normalization.bias.detach().double() - normalization.running_mean.double() * factor


def _scale(layer: nn.Module | None) -> tuple[torch.Tensor, torch.Tensor] | None:
    """By channel the factor and the shift that are all that ``layer`` computes; float64."""
    if isinstance(layer, nn.BatchNorm2d):
        return _of_batchnorm(layer)
    if not isinstance(layer, nn.Conv2d) or not _is_one_by_one(layer) or layer.stride != (1, 1):
        return None
    if not layer.groups == layer.in_channels == layer.out_channels:
        return None
    bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias.detach()
    return layer.weight.detach().double().flatten(), bias.double()


def _scaled(layer: nn.Conv2d, factor: torch.Tensor, shift: torch.Tensor) -> nn.Conv2d:
    """The 1x1 convolution of its input times ``factor`` plus ``shift``."""
    kernel = layer.weight.detach().double()
    bias = kernel[:, :, 0, 0] @ shift + (0 if layer.bias is None else layer.bias.detach().double())
    made: Any = nn.Conv2d(layer.in_channels, layer.out_channels, 1, stride=layer.stride)  # type: ignore[arg-type]
    made.weight.data, made.bias.data = (kernel * factor[None, :, None, None]).float(), bias.float()
    return made.eval()


def _is_one_by_one(layer: nn.Conv2d) -> bool:
    return layer.kernel_size == (1, 1) and layer.padding in (0, (0, 0))


def merge_residuals_in_groups(module: fx.GraphModule) -> None:
    """Merge the sum of a convolution in groups with its own input, in place; the graph is recompiled by the caller.

    Where the middle of the kernel is not the output's own position or channel, no kernel is the sum: it becomes a
    difference, which MCT does not look for.
    """
    layers = dict(module.named_modules())
    for node in list(module.graph.nodes):
        if node.op != "call_function" or node.target is not torch.add or node.kwargs:
            continue
        for result, kept in (node.args, node.args[::-1]):
            found = _convolution(layers, result)
            if found is None or found[1].args[0] is not kept:
                continue
            layer, at = found
            if _in_place(layer) and layer.groups == 1:
                break  # MCT's own merging is right
            merged = _with_identity(layer) if _in_place(layer) else _negated(layer)
            layers[str(at.target)] = merged
            module.set_submodule(str(at.target), merged)
            if _in_place(layer):
                node.replace_all_uses_with(at)
                module.graph.erase_node(node)
            else:
                node.target, node.args = torch.sub, (kept, at)
            if result is not at:
                module.graph.erase_node(result)
            break


def _convolution(layers: dict[str, nn.Module], value: Any) -> tuple[nn.Conv2d, fx.Node] | None:
    """The convolution that ends in ``value`` alone, a BatchNorm behind it taken in, and its node."""
    normalization: Any = None
    if isinstance(value, fx.Node) and isinstance(layers.get(str(value.target)), nn.BatchNorm2d):
        normalization = layers[str(value.target)] if len(value.users) == 1 else None
        value = value.args[0] if normalization is not None else None
    layer = (
        layers.get(str(value.target)) if isinstance(value, fx.Node) and value.op == "call_module" else None
    )
    if not isinstance(layer, nn.Conv2d) or len(value.users) != 1:
        return None
    return (layer if normalization is None else fuse_conv_bn_eval(layer, normalization)), value


def _in_place(layer: nn.Conv2d) -> bool:
    """Whether the middle of the kernel lies on the output's own position and channel."""
    sides: Any = zip(layer.kernel_size, layer.padding, layer.dilation, layer.stride, strict=True)
    return layer.in_channels == layer.out_channels and all(
        k % 2 and p == k // 2 * d and step == 1 for k, p, d, step in sides
    )


def _with_identity(layer: nn.Conv2d) -> nn.Conv2d:
    made, kernel = copy.deepcopy(layer), layer.weight.detach().clone()
    height, width = kernel.shape[2:]
    channels = torch.arange(layer.out_channels)
    kernel[channels, channels % kernel.shape[1], height // 2, width // 2] += 1
    made.weight.data = kernel
    return made


def _negated(layer: nn.Conv2d) -> nn.Conv2d:
    made = copy.deepcopy(layer)
    for parameter in made.parameters():
        parameter.data = -parameter.data
    return made


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
    return _is_one_by_one(layer) and _is_plain(layer)


def _is_plain(layer: nn.Conv2d) -> bool:
    return layer.groups == 1 and set(layer.stride) == set(layer.dilation) == {1}
