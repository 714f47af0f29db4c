"""Parts of tensors, and tensors put together."""

from __future__ import annotations

import operator

import torch

from ...graph.ir import Node
from ...graph.slices import cuts
from .builder import Builder, Value
from .registry import NoRoad, lowers


@lowers("Concat")
def concat(b: Builder, node: Node) -> Value:
    rank = len(b.shape(node.outputs[0]))
    return b.call(torch.cat, [b.value(i) for i in node.inputs], dim=int(node.attrs["axis"]) % rank)


@lowers("Split")
def split(b: Builder, node: Node) -> tuple[Value, ...]:
    axis = int(node.attrs.get("axis", 0)) % len(b.shape(node.inputs[0]))
    sizes = [b.shape(o)[axis] for o in node.outputs if o]
    parts = b.call(torch.split, b.value(node.inputs[0]), sizes, dim=axis)
    return tuple(b.call(operator.getitem, parts, index) for index in range(len(sizes)))


@lowers("Slice")
def slice_(b: Builder, node: Node) -> Value:
    shape = b.shape(node.inputs[0])
    kept = cuts(node, shape, b.numbers)
    if kept is None:
        raise NoRoad("its bounds are computed")
    if any(part.step < 0 for part in kept.values()):
        raise NoRoad("a negative step")
    if not kept:
        return b.value(node.inputs[0])
    parts = tuple(kept.get(axis, slice(None)) for axis in range(len(shape)))
    return b.call(operator.getitem, b.value(node.inputs[0]), parts)


@lowers("Gather")
def gather(b: Builder, node: Node) -> Value:
    shape, axis = b.shape(node.inputs[0]), int(node.attrs.get("axis", 0))
    axis %= len(shape)
    indices = b.constant(node.inputs[1])
    if indices is None:
        raise NoRoad("its indices are computed")
    places = [int(i) % shape[axis] for i in indices.reshape(-1)]
    if not places:
        raise NoRoad("no index: its result is empty")
    value = b.value(node.inputs[0])
    if indices.ndim == 0:
        return b.call(torch.select, value, axis, places[0])
    found = b.call(torch.index_select, value, axis, b.buffer(torch.tensor(places), f"{node.name}_indices"))
    if indices.ndim == 1:
        return found
    return b.reshape(found, b.shape(node.outputs[0]))


@lowers("GatherElements")
def gather_elements(b: Builder, node: Node) -> Value:
    shape, axis = b.shape(node.inputs[0]), int(node.attrs.get("axis", 0))
    indices = b.constant(node.inputs[1])
    if indices is not None:
        places = torch.from_numpy(indices.astype("int64")) % shape[axis % len(shape)]
        return b.call(
            torch.gather, b.value(node.inputs[0]), axis % len(shape), b.buffer(places, f"{node.name}_indices")
        )
    return b.call(torch.gather, b.value(node.inputs[0]), axis % len(shape), b.value(node.inputs[1]))


@lowers("Pad")
def pad(b: Builder, node: Node) -> Value:
    rank = len(b.shape(node.inputs[0]))
    pads = [int(p) for p in node.attrs["pads"]] if "pads" in node.attrs else b.numbers(node.input(1))
    if pads is None:
        raise NoRoad("its pads are computed")
    fill = b.constant(node.input(2))
    axes = b.numbers(node.input(3))
    if axes is not None:
        whole = [0] * 2 * rank
        for index, axis in enumerate(axes):
            whole[axis % rank], whole[rank + axis % rank] = pads[index], pads[len(axes) + index]
        pads = whole
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}[
        node.attrs.get("mode", "constant")
    ]
    value = (
        float(fill.reshape(-1)[0]) if fill is not None and fill.size else float(node.attrs.get("value", 0.0))
    )
    return b.pad(b.value(node.inputs[0]), pads, mode, value)
