"""Resize: nearest and linear, larger and smaller."""

from __future__ import annotations

from ..graph.ir import Node
from .builder import StepBuilder
from .layout import Layout, tensor_bytes


def resize(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """Reads and writes blocks; to enlarge, keeps a copy of its input with a border of one element meanwhile."""
    value = state.bring(sources[0], Layout.BLOCKS, node.name)
    extent, out = value.extent, state.extent(node.outputs[0])
    border = 2 * state.facts.resize_border
    scratch = state.facts.reduction_bytes
    if out.rows > extent.rows or out.columns > extent.columns:
        scratch = tensor_bytes(extent.grown(border, border), Layout.BLOCKS, state.facts)
    state.put(node, node.outputs[0], Layout.BLOCKS, [value.buffer], scratch)
