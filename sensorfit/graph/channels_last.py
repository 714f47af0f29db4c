"""The image of a graph, where its channels stand last."""

from __future__ import annotations

from .image import looks_channels_last
from .ir import Graph


def channels_last(graph: Graph) -> tuple[str, ...]:
    """The image of the network, by name, where its channels stand last and every size is known; nothing of a network with several inputs."""
    if len(graph.inputs) != 1 or graph.quantized:
        return ()
    (name,) = graph.inputs
    tensor = graph.tensors[name]
    last = tensor.static and looks_channels_last(tensor.shape) and name not in graph.outputs
    return (name,) if last and graph.consumers_of(name) else ()
