"""The same numbers in another shape or order."""

from __future__ import annotations

import torch

from ...graph.ir import Node
from .builder import Builder, Value
from .registry import lowers


@lowers("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshape(b: Builder, node: Node) -> Value:
    shape = b.shape(node.outputs[0])
    if shape == b.shape(node.inputs[0]):
        return b.value(node.inputs[0])
    return b.reshape(b.value(node.inputs[0]), shape)


@lowers("Transpose")
def transpose(b: Builder, node: Node) -> Value:
    rank = len(b.shape(node.inputs[0]))
    return b.call(
        torch.permute,
        b.value(node.inputs[0]),
        tuple(int(p) for p in node.attrs.get("perm") or range(rank)[::-1]),
    )


@lowers("Expand")
def expand(b: Builder, node: Node) -> Value:
    shape = b.shape(node.outputs[0])
    if shape == b.shape(node.inputs[0]):
        return b.value(node.inputs[0])
    return b.fx.call_method("expand", (b.value(node.inputs[0]), *shape))
