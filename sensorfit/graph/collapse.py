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

Kernel = tuple[int, ...]
"""(Cout, Cin, height, width)"""


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
        reader = graph.only_reader(node.outputs[0])
        if reader is not None and _is_pointwise(reader, _kernel(graph, reader)):
            alias[node.outputs[0]] = node.inputs[0]
    if not alias:
        return graph
    nodes = tuple(
        replace(n, inputs=tuple(alias.get(t, t) for t in n.inputs))
        for n in graph.nodes
        if n.outputs[0] not in alias
    )
    return graph.replace(nodes=nodes)


def _collapse_linear(graph: Graph) -> Graph:
    tensors = dict(graph.tensors)
    made: dict[str, tuple[Node, Kernel]] = {}  # result tensor -> the convolution that now writes it
    changed: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        kernel = _kernel(graph, node)
        if kernel is None:
            continue
        made[node.outputs[0]] = (node, kernel)
        if node.input(0) not in made or graph.only_reader(node.input(0)) is not node:
            continue
        first, inner = made[node.input(0)]
        merged = (kernel[0], *inner[1:])
        if not _is_pointwise(node, kernel) or prod(merged) > prod(inner) + prod(kernel):
            continue
        parameters = [Tensor(f"{node.name}/collapsed", merged, "float32", constant=True)]
        if node.input(2) or first.input(2):
            parameters.append(Tensor(f"{node.name}/collapsed-bias", kernel[:1], "float32", constant=True))
        tensors.update((t.name, t) for t in parameters)
        one = replace(node, inputs=(first.input(0), *(t.name for t in parameters)), attrs=first.attrs)
        changed[node.name] = one
        made[node.outputs[0]] = (one, merged)
        gone.add(first.name)
    return graph.edited(changed, gone, tensors=tensors)


def _collapse_residual(graph: Graph) -> Graph:
    changed: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        if node.op != "Add" or node.domain or len(node.inputs) != 2 or node.inputs[0] == node.inputs[1]:
            continue
        for tensor, other in (node.inputs, node.inputs[::-1]):
            conv = graph.producer_of(tensor)
            if conv is None or conv.op != "Conv" or conv.name in changed or conv.input(0) != other:
                continue
            if graph.only_reader(tensor) is node and graph.shape(tensor) == graph.shape(other):
                changed[conv.name] = replace(conv, outputs=node.outputs)
                gone.add(node.name)
                break
    return graph.edited(changed, gone)


def _kernel(graph: Graph, node: Node) -> Kernel | None:
    """Shape of a plain convolution's kernel: stride, dilation and groups 1."""
    tensor = graph.tensors.get(node.input(1))
    if node.op != "Conv" or node.domain or tensor is None or not tensor.constant or not tensor.static:
        return None
    if int(node.attrs.get("group", 1)) != 1 or not _ones(node, "strides") or not _ones(node, "dilations"):
        return None
    shape = tuple(int(d) for d in tensor.shape or () if d is not None)
    return shape if len(shape) == 4 else None


def _ones(node: Node, name: str) -> bool:
    return all(int(v) == 1 for v in node.attrs.get(name, ()))


def _is_pointwise(node: Node, kernel: Kernel | None) -> bool:
    return kernel is not None and kernel[2:] == (1, 1) and not any(node.attrs.get("pads", ()))
