"""What a canonical graph shows about itself: operators, the largest tensor, foreign inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..graph.ir import Graph, Node
from ..target import Target
from .model import ForeignInput, Largest

IMAGE_RANK = 4


def operators(graph: Graph) -> Mapping[str, int]:
    """How often each operator occurs, most frequent first."""
    return dict(Counter(node.op for node in graph.nodes).most_common())


def compute_operators(graph: Graph) -> Mapping[str, int]:
    """As ``operators``, with every linear layer counted as one Gemm.

    torch exports a linear layer over tokens as MatMul by a constant and Add of
    a constant; optimisers (onnxruntime, onnxslim) write both as Gemm. Published
    counts follow the latter.
    """
    counts = Counter(node.op for node in graph.nodes)
    linear = sum(_is_linear(graph, node) for node in graph.nodes if node.op == "MatMul")
    counts["MatMul"] -= linear
    counts["Add"] -= linear
    counts["Gemm"] += linear
    return {op: count for op, count in counts.most_common() if count}


def _is_linear(graph: Graph, node: Node) -> bool:
    if not graph.is_constant(node.input(1)):
        return False
    users = graph.consumers_of(node.outputs[0])
    return len(users) == 1 and users[0].op == "Add" and any(graph.is_constant(t) for t in users[0].inputs)


def largest(graph: Graph) -> Largest | None:
    """The activation with the most elements, the first of equals; None where no shape is known."""
    best: Largest | None = None
    for node in graph.nodes:
        for name in node.outputs:
            tensor = graph.tensors.get(name)
            if tensor is None or not tensor.elements or (best and tensor.elements <= best.elements):
                continue
            shape = tuple(d for d in tensor.shape or () if d is not None)
            best = Largest(name, shape, tensor.elements, node.name, tensor.bits or 8)
    return best


def foreign_inputs(
    graph: Graph, target: Target, given: frozenset[str] = frozenset()
) -> tuple[ForeignInput, ...]:
    """The inputs the sensor does not deliver: it hands the network one image and nothing else.

    ``given``: names of inputs that come from elsewhere on the sensor.
    """
    found: list[ForeignInput] = []
    images = 0
    low, high = target.min_input, target.max_input
    for name in graph.inputs:
        if name in given:
            continue
        shape = graph.shape(name)
        if shape is None or len(shape) != IMAGE_RANK or shape[1] != target.input_channels:
            found.append(ForeignInput(name, shape, "other", "it is not an image of the sensor"))
            continue
        images += 1
        height, width = shape[2:]
        if images > 1:
            found.append(ForeignInput(name, shape, "other", "the sensor delivers one image"))
        elif height is None or width is None:
            continue
        elif height > high[0] or width > high[1]:
            found.append(ForeignInput(name, shape, "size", f"the documented maximum is {high[0]}x{high[1]}"))
        elif height < low[0] or width < low[1]:
            found.append(ForeignInput(name, shape, "size", f"the documented minimum is {low[0]}x{low[1]}"))
    return tuple(found)
