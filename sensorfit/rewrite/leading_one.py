"""Outputs that have dropped the batch, with a 1 in front.

    mask (H, W), logits[0] (C, H, W), scores (N,)  ─►  (1, H, W), (1, C, H, W), (1, N)

``squeeze()``, ``[0]`` and means over everything leave an output without the axis of the batch. The sensor delivers every output
with a batch of 1, so this is what reaches the host in any case: the same numbers in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..graph.ir import Graph, Node
from .canonical import vector


def without_batch(graph: Graph) -> dict[str, tuple[int, ...]]:
    """The outputs, each with its shape, that do not begin with the 1 that every input begins with, or have one axis alone."""
    if graph.quantized or any((graph.shape(i) or ())[:1] != (1,) for i in graph.inputs):
        return {}
    found = {}
    for name in graph.outputs:
        tensor = graph.tensors[name]
        if tensor.static and not tensor.constant and name not in graph.inputs:
            shape = tuple(d or 0 for d in tensor.shape or ())
            if shape[:1] != (1,) or len(shape) < 2:
                found[name] = shape
    return found


def with_leading_one(graph: Graph, outputs: Mapping[str, tuple[int, ...]]) -> Graph:
    """``graph`` with a Reshape behind each of these outputs, which takes its name."""
    inner = {name: f"{name}/as_it_was" for name in outputs}
    tensors = dict(graph.tensors)
    nodes = [
        replace(
            n,
            inputs=tuple(inner.get(i, i) for i in n.inputs),
            outputs=tuple(inner.get(o, o) for o in n.outputs),
        )
        for n in graph.nodes
    ]
    for name, shape in outputs.items():
        led = (1, *shape) if shape else (1, 1)
        old, sizes = tensors[name], f"{name}/with_batch"
        tensors[inner[name]] = replace(old, name=inner[name])
        tensors[name] = replace(old, shape=led)
        tensors[sizes] = vector(sizes, led)
        nodes.append(Node(f"{name}/with_batch/Reshape", "Reshape", (inner[name], sizes), (name,), {}))
    return graph.replace(nodes=tuple(nodes), tensors=tensors)
