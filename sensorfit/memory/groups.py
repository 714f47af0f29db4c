"""A grouped convolution that the converter runs as one dense convolution a group.

    input ─┬─► turned planes ─► group 0 cut out ─► convolution ─┬─► concatenated ─► blocks
           └─► turned planes ─► group 1 cut out ─► convolution ─┘

Each group turns the whole input anew. ``convolution.runs_by_group`` says when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..graph.ir import Node
from . import convolution as cv
from .builder import StepBuilder, Value
from .layout import SIDE_BY_SIDE, Layout, leanest, tensor_bytes

Prepare = Callable[[StepBuilder, Node, cv.Convolution, Value], Value]


def split_groups(
    state: StepBuilder, node: Node, conv: cv.Convolution, value: Value, prepare: Prepare
) -> None:
    """The steps of ``node``, a grouped convolution of the input ``value``; ``prepare`` readies a dense one's input."""
    facts, name = state.facts, node.name
    single = cv.one_group(conv)
    out = state.extent(node.outputs[0])
    result = out.resized(channels=single.outputs)
    part = value.extent.resized(channels=single.inputs)
    written = Layout.PLANES if cv.writes_planes(single, facts) else Layout.BLOCKS
    cut = leanest((Layout.TURNED, Layout.PLANES), [value.extent, part], facts)
    together = leanest(SIDE_BY_SIDE, [*[result] * conv.groups, out], facts)
    parts = []
    for group in range(conv.groups):
        label = f"group {group} of {name}"
        mine = state.transform(value, value.extent, cut, f"{name}/turn-{group}", f"turned, {label}")
        mine = state.transform(mine, part, cut, f"{name}/slice-{group}", f"cut out, {label}")
        mine = prepare(state, node, single, mine)
        buffer = state.store(node.outputs[0], label, tensor_bytes(result, written, facts), written)
        state.step(f"{name}/{group}", node.op, [mine.buffer], [buffer], cv.scratch_bytes(single, facts))
        done = replace(value, buffer=buffer, layout=written, extent=result)
        if together is not written:
            done = state.transform(done, result, together, f"{name}/lay-{group}", f"laid, {label}")
        parts.append(done)
    buffer = state.store(node.outputs[0], "", tensor_bytes(out, together, facts), together)
    state.step(f"{name}/concat", "Concat", [p.buffer for p in parts], [buffer])
    joined = replace(value, buffer=buffer, layout=together, extent=out)
    if together is not Layout.BLOCKS:
        joined = state.transform(joined, out, Layout.BLOCKS, f"{name}/blocks", f"blocks of {name}")
    state.values[node.outputs[0]] = joined
