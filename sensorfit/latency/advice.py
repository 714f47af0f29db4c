"""What would make a layer cheaper, and by how much: asked of the cost model itself.

A hint is the cost of the layer as it is against its cost after one change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ..graph.ir import Graph, Node
from ..target import Target
from .cycles import Constants, cycles
from .macs import first_output
from .model import CHANNEL_STEP, FULL_RESOLUTION, RESIZE_FIRST, Advice
from .work import Work, pad, tensor_bytes, work


def advise(
    graph: Graph,
    layers: Sequence[Work],
    costs: Sequence[float],
    constants: Constants,
    limits: Mapping[str, Any],
) -> tuple[Advice, ...]:
    """Every change that pays, for layers with a share of the total worth mentioning."""
    whole = sum(costs)
    if not whole:
        return ()
    nodes = {n.name: n for n in graph.nodes}
    found = []
    for layer, cost in zip(layers, costs, strict=True):
        if cost < limits["share"] * whole:
            continue
        for ask in (_just_past, _full_resolution, _upsample_first):
            advice = ask(graph, nodes[layer.node], layer, cost, constants, limits)
            if advice is not None and advice.saved >= limits["saving"] * cost:
                found.append(advice)
                break
    return tuple(found)


def hint(advice: Advice, target: Target) -> str:
    """One line: what is wasteful, the way out, the milliseconds it saves."""
    return f"{advice.text}; {advice.fix} (saves {advice.saved / target.clock_hz * 1e3:.2g} ms)"


def _just_past(
    graph: Graph, node: Node, layer: Work, cost: float, constants: Constants, limits: Mapping[str, Any]
) -> Advice | None:
    """A channel count a little past a multiple of the SIMD width pays for the next one."""
    simd = constants.simd
    if layer.kind not in _CHANNELLED or not layer.array or node.op == "Einsum":
        return None
    sides = [
        (s, n)
        for s, n in zip(("input", "output"), layer.channels, strict=True)
        if n > simd and 0 < n % simd <= limits["past"]
    ]
    if not sides:
        return None
    cheaper = layer
    for _, n in sides:
        ratio = (n // simd * simd) / pad(n, simd)
        cheaper = cheaper._replace(array=int(cheaper.array * ratio), weights=int(cheaper.weights * ratio))
    cheaper = cheaper._replace(bytes=_fewer_bytes(graph, node, layer, [s for s, _ in sides], simd))
    words = " and ".join(f"{n} {s} channels are computed as {pad(n, simd)}" for s, n in sides)
    fix = " and ".join(
        f"{n // simd * simd} {s} channels (or up to {pad(n, simd)} at the same cost)" for s, n in sides
    )
    return Advice(
        CHANNEL_STEP,
        node.name,
        node.op,
        f"a channel count just past a multiple of {simd}",
        words,
        f"use {fix}",
        cost - cycles(cheaper, constants),
    )


_CHANNELLED = frozenset({"dense", "pointwise", "depthwise", "transposed"})
"""Kinds of work that the array does for each pair of channels."""


def _fewer_bytes(graph: Graph, node: Node, layer: Work, sides: Sequence[str], simd: int) -> int:
    less = 0
    for side, name in (("input", node.input(0)), ("output", first_output(node))):
        shape = graph.shape(name)
        if side in sides and shape and None not in shape:
            axis = 1 if len(shape) > 3 else len(shape) - 1
            size = shape[axis] or 1
            if size > simd:
                less += tensor_bytes(shape, simd) // pad(size, simd) * (pad(size, simd) - size // simd * simd)
    return max(0, layer.bytes - less)


def _full_resolution(
    graph: Graph, node: Node, layer: Work, cost: float, constants: Constants, limits: Mapping[str, Any]
) -> Advice | None:
    """Depthwise at the network's input resolution moves the largest tensors for the least arithmetic."""
    if layer.kind != "depthwise" or not graph.inputs:
        return None
    given, out = graph.shape(graph.inputs[0]), graph.shape(first_output(node))
    if not given or not out or len(given) != 4 or len(out) != 4 or None in given or None in out:
        return None
    if prod(d or 1 for d in out[2:]) < prod(d or 1 for d in given[2:]):
        return None
    quarter = layer._replace(array=layer.array // 4, bytes=layer.bytes // 4)
    return Advice(
        FULL_RESOLUTION,
        node.name,
        node.op,
        "a depthwise convolution at full resolution",
        f"depthwise at the full {out[2]}x{out[3]}",
        "work at half the resolution here: start with a strided convolution, or end the decoder one stage earlier",
        cost - cycles(quarter, constants),
    )


def _upsample_first(
    graph: Graph, node: Node, layer: Work, cost: float, constants: Constants, limits: Mapping[str, Any]
) -> Advice | None:
    """A 1x1 convolution computes the same before a resize as after it, on fewer pixels."""
    if layer.kind != "pointwise" or node.op != "Conv" or any(s != 1 for s in node.attrs.get("strides", ())):
        return None
    resize = graph.producer_of(node.input(0))
    if (
        resize is None
        or resize.op not in ("Resize", "Upsample")
        or graph.only_reader(node.input(0)) is not node
    ):
        return None
    before, after = graph.shape(resize.input(0)), graph.shape(node.input(0))
    if not before or not after or None in before or None in after or len(before) != 4 or len(after) != 4:
        return None
    ratio = prod(d or 1 for d in after[2:]) / prod(d or 1 for d in before[2:])
    if ratio <= 1:
        return None
    old, new = layer.channels
    moved = layer._replace(array=int(layer.array / ratio), bytes=int(layer.bytes / ratio))
    resized = work(graph, resize, constants.simd, "resample")
    thinner = resized._replace(bytes=int(resized.bytes * pad(new, constants.simd) / pad(old, constants.simd)))
    saved = cost + cycles(resized, constants) - cycles(moved, constants) - cycles(thinner, constants)
    last = "" if not node.activation else f", with its {node.activation} after it"
    nearest = resize.attrs.get("mode", "nearest") in ("nearest", b"nearest")
    return Advice(
        RESIZE_FIRST,
        node.name,
        node.op,
        "a resize before a 1x1 convolution",
        f"a 1x1 convolution on {ratio:.3g} times the pixels it needs",
        "resize after the 1x1 convolution: the result is the same" + ("" if nearest else last),
        saved,
    )
