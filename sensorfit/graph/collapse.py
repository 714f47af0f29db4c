"""Convolutions that MCT merges before it quantizes a float graph.

    Conv 1x1 (Conv k x k (x))  ->  Conv k x k (x)    when that has no more parameters
    Conv (x) + x               ->  Conv (x)          the identity moves into the kernel
    Conv 1x1 (BatchNorm (x))   ->  Conv 1x1 (x)      the scale and shift move into the kernel

All are defaults of model-compression-toolkit 2.5.1 (``linear_collapsing`` and
``residual_collapsing``; conditions as in its Apache-2.0 sources
core/common/substitutions/linear_collapsing.py, residual_collapsing.py and batchnorm_folding.py). A
graph that is quantized already went through them.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from .ir import Graph, Node, Tensor


def collapse_convolutions(graph: Graph) -> Graph:
    """The graph with collapsible convolutions merged; itself when there is nothing to merge."""
    if graph.quantized:
        return graph
    return _collapse_residual(_collapse_linear(_fold_batchnorm_forward(graph)))


def _fold_batchnorm_forward(graph: Graph) -> Graph:
    alias: dict[str, str] = {}
    for node in graph.nodes:
        if node.op != "BatchNormalization" or node.domain:
            continue
        readers = graph.consumers_of(node.outputs[0])
        kernel = _kernel(graph, readers[0]) if len(readers) == 1 else None
        if (
            kernel is not None
            and _is_pointwise(readers[0], kernel)
            and _only_reader(graph, node.outputs[0], readers[0])
        ):
            alias[node.outputs[0]] = node.inputs[0]
    if not alias:
        return graph
    nodes = tuple(
        replace(n, inputs=tuple(alias.get(t, t) for t in n.inputs))
        for n in graph.nodes
        if n.outputs[0] not in alias
    )
    return graph.replace(nodes=nodes)


def _ones(node: Node, name: str) -> bool:
    return all(int(v) == 1 for v in node.attrs.get(name, ()))


def _kernel(graph: Graph, node: Node) -> tuple[int, ...] | None:
    """Shape of a plain convolution's kernel: stride, dilation and groups 1."""
    tensor = graph.tensors.get(node.input(1))
    if node.op != "Conv" or node.domain or tensor is None or not tensor.constant or not tensor.static:
        return None
    if int(node.attrs.get("group", 1)) != 1 or not _ones(node, "strides") or not _ones(node, "dilations"):
        return None
    shape = tuple(int(d) for d in tensor.shape or () if d is not None)
    return shape if len(shape) == 4 else None


def _only_reader(graph: Graph, tensor: str, reader: Node) -> bool:
    return tensor not in graph.outputs and graph.consumers_of(tensor) == (reader,)


def _collapse_linear(graph: Graph) -> Graph:
    tensors = dict(graph.tensors)
    made: dict[str, Node] = {}  # result tensor -> the node that now writes it
    kernels: dict[str, tuple[int, ...]] = {}
    nodes: list[Node] = []
    gone: set[str] = set()
    for node in graph.nodes:
        kernel = _kernel(graph, node)
        if kernel is not None:
            kernels[node.outputs[0]] = kernel
            made[node.outputs[0]] = node
            first = made.get(node.input(0))
            if first is not None and _only_reader(graph, node.input(0), node) and _is_pointwise(node, kernel):
                inner = kernels[node.input(0)]
                merged = (kernel[0], *inner[1:])
                if prod(merged) <= prod(inner) + prod(kernel):
                    weight = Tensor(f"{node.name}/collapsed", merged, "float32", constant=True)
                    tensors[weight.name] = weight
                    inputs = [first.input(0), weight.name]
                    if node.input(2) or first.input(2):
                        bias = Tensor(f"{node.name}/collapsed-bias", (kernel[0],), "float32", constant=True)
                        tensors[bias.name] = bias
                        inputs.append(bias.name)
                    origin = (*(first.origin or (first.name,)), *(node.origin or (node.name,)))
                    node = replace(node, inputs=tuple(inputs), attrs=first.attrs, origin=origin)
                    gone.add(first.name)
                    kernels[node.outputs[0]] = merged
                    made[node.outputs[0]] = node
        nodes.append(node)
    if not gone:
        return graph
    return graph.replace(nodes=tuple(n for n in nodes if n.name not in gone), tensors=tensors)


def _is_pointwise(node: Node, kernel: tuple[int, ...]) -> bool:
    return kernel[2:] == (1, 1) and not any(int(v) for v in node.attrs.get("pads", ()))


def _collapse_residual(graph: Graph) -> Graph:
    taken: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        if node.op != "Add" or node.domain or len(node.inputs) != 2 or node.inputs[0] == node.inputs[1]:
            continue
        for tensor, other in (node.inputs, node.inputs[::-1]):
            conv = graph.producer_of(tensor)
            if conv is None or conv.op != "Conv" or conv.name in taken or conv.input(0) != other:
                continue
            if _only_reader(graph, tensor, node) and graph.shape(tensor) == graph.shape(other):
                origin = (*(conv.origin or (conv.name,)), *(node.origin or (node.name,)))
                taken[conv.name] = replace(conv, outputs=node.outputs, origin=origin)
                gone.add(node.name)
                break
    if not gone:
        return graph
    return graph.replace(nodes=tuple(taken.get(n.name, n) for n in graph.nodes if n.name not in gone))
