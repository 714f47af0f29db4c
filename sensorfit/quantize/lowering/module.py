"""``to_module``: every node of the graph through its lowering."""

from __future__ import annotations

from collections.abc import Mapping

from torch import fx, nn

from ...graph.called import input_name
from ...graph.ir import Graph, Node
from ...graph.lower import drop_identities, fuse_patterns
from .builder import Builder
from .collapse import fold_scales_forward, merge_flat_kernels, merge_residuals_in_groups
from .fuse import with_biases
from .registry import NoRoad, lowering_of

FUSED = frozenset({"Gelu"})
"""Patterns that MCT exports as one operator only when torch names them so."""

FUSED_LAYERS = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.Hardtanh),
    *(nn.Sigmoid, nn.Hardsigmoid, nn.Hardswish, nn.SiLU, nn.Tanh, nn.GELU, nn.Mish, nn.Softplus, nn.SELU),
)
"""Activations that MCT fuses with what stands before them."""

NAMESAKES = frozenset({("com.microsoft", "Gelu"), ("com.microsoft", "LayerNormalization")})
"""Operators of another domain that compute what ONNX's of the same name do."""


def to_module(graph: Graph) -> fx.GraphModule:
    """The module that computes ``graph`` (from ``load``, static, with its weights) for images of its input's shape.

    NoRoad names the first node, its operator and what about its form MCT does not carry.
    """
    graph = with_biases(fuse_patterns(drop_identities(graph), FUSED))
    builder = Builder(graph)
    for name in graph.inputs:
        builder.values[name] = builder.fx.placeholder(input_name(name))
    for node in graph.nodes:
        if not builder.fold(node):
            _lower(builder, node)
    outputs = tuple(_unmerged(builder, name) for name in graph.outputs)
    builder.fx.output(outputs[0] if len(outputs) == 1 else outputs)
    module = fx.GraphModule(builder.root, builder.fx, "Network").eval()
    fold_scales_forward(module)
    merge_residuals_in_groups(module)
    merge_flat_kernels(module)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()
    return module


def _unmerged(builder: Builder, output: str) -> fx.Node:
    """The value of ``output``, behind a Reshape that changes nothing where MCT would merge it with the one node that reads it.

    Of a convolution and its Sigmoid it leaves the output without a quantizer, at which the converter ends ("different out
    dtypes for one port"); of two convolutions it ends itself ("is among the graph outputs"). The Reshape takes no memory.
    """
    value = builder.value(output)
    computed = value.op in ("call_module", "call_function")
    if computed and _is_merged(value, dict(builder.root.named_modules())):
        return builder.reshape(value, builder.shape(output))
    return value


def _is_merged(value: fx.Node, layers: Mapping[str, nn.Module]) -> bool:
    """Whether one node reads ``value``, and MCT fuses or collapses the two (conditions as in ``graph.collapse``)."""
    if len(value.users) != 1:
        return False
    reader = next(iter(value.users))
    before, after = layers.get(str(value.target)), layers.get(str(reader.target))
    if isinstance(after, FUSED_LAYERS):
        return True
    if isinstance(after, nn.BatchNorm2d):
        return isinstance(before, (nn.Conv2d, nn.ConvTranspose2d))
    if not isinstance(before, nn.Conv2d):
        return False
    if isinstance(after, nn.Conv2d) and after.kernel_size == (1, 1) and after.groups == 1:
        merged = after.out_channels * before.weight[0].numel()
        return merged <= before.weight.numel() + after.weight.numel()
    return after is None and value.args[0] in reader.args  # its own input is added


def _lower(builder: Builder, node: Node) -> None:
    function = lowering_of(node.op) if not node.domain or (node.domain, node.op) in NAMESAKES else None
    if function is None:
        operator = f"{node.domain}.{node.op}" if node.domain else node.op
        raise NoRoad(f"node '{node.name}' ({operator}): there is no torch counterpart of this operator")
    try:
        made = function(builder, node)
    except NoRoad as error:
        raise NoRoad(f"node '{node.name}' ({node.op}): {error}") from error
    for tensor, value in zip(node.outputs, made if isinstance(made, tuple) else (made,), strict=False):
        if tensor:
            builder.values[tensor] = value
