"""``to_module``: every node of the graph through its lowering."""

from __future__ import annotations

from torch import fx

from ...graph.ir import Graph, Node
from ...graph.lower import drop_identities, fuse_patterns
from .builder import Builder
from .collapse import fold_scales_forward, merge_flat_kernels, merge_residuals_in_groups
from .fuse import with_biases
from .registry import NoRoad, lowering_of

FUSED = frozenset({"Gelu"})
"""Patterns that MCT exports as one operator only when torch names them so."""

NAMESAKES = frozenset({("com.microsoft", "Gelu"), ("com.microsoft", "LayerNormalization")})
"""Operators of another domain that compute what ONNX's of the same name do."""


def to_module(graph: Graph) -> fx.GraphModule:
    """The module that computes ``graph`` (from ``load``, static, with its weights) for images of its input's shape.

    NoRoad names the first node, its operator and what about its form MCT does not carry.
    """
    graph = with_biases(fuse_patterns(drop_identities(graph), FUSED))
    builder = Builder(graph)
    for name in graph.inputs:
        builder.values[name] = builder.fx.placeholder(_identifier(name))
    for node in graph.nodes:
        if not builder.fold(node):
            _lower(builder, node)
    outputs = tuple(builder.value(name) for name in graph.outputs)
    builder.fx.output(outputs[0] if len(outputs) == 1 else outputs)
    module = fx.GraphModule(builder.root, builder.fx, "Network").eval()
    fold_scales_forward(module)
    merge_residuals_in_groups(module)
    merge_flat_kernels(module)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()
    return module


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


def _identifier(name: str) -> str:
    found = "".join(c if c.isalnum() and c.isascii() else "_" for c in name)
    return found if found and not found[0].isdigit() else f"input_{found}"
