"""A tensor of another shape with the same elements: a copy, laid as the new shape needs it."""

from __future__ import annotations

from ..graph.ir import Node
from .builder import StepBuilder, Value
from .layout import Layout, round_up, tensor_bytes


def view(state: StepBuilder, node: Node, source: str) -> None:
    """A copy in planes, their rows filled to whole blocks; with the channels kept, as rows of whole planes."""
    layout, out = state.values[source].layout, state.extent(node.outputs[0])
    value = state.values[source]
    if value.extent == out or value.extent.is_vector:
        state.put(node, node.outputs[0], layout, [value.buffer])
        return
    if out.channels == value.extent.channels and node.op == "Reshape":
        value = state.transform(
            value, value.extent, Layout.BLOCKS, f"{node.name}/transform", f"whole planes for {node.name}"
        )
        whole = state.store(
            node.outputs[0], "whole planes", tensor_bytes(out, Layout.BLOCKS, state.facts), Layout.BLOCKS
        )
        state.step(node.name, node.op, [value.buffer], [whole])
        wanted = Layout.PLANES if out.channels < state.facts.channel_block else Layout.BLOCKS
        value = state.transform(
            Value(whole, Layout.BLOCKS, out), out, wanted, f"{node.name}/lay", f"of {node.name}"
        )
        state.values[node.outputs[0]] = value
        return
    value = state.bring(source, Layout.PLANES, node.name)
    rows = out.channels * out.rows
    fill = round_up(rows, state.facts.row_block) - rows
    row = tensor_bytes(out.resized(1, 1), Layout.PLANES, state.facts)
    state.put(node, node.outputs[0], Layout.PLANES, [value.buffer], 0 if out.is_vector else fill * row)
