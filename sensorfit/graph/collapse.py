"""Convolutions that MCT merges before it quantizes a float graph.

    Conv 1x1 (Conv k x k (x))  ->  Conv k x k (x)    when that has no more parameters
    Conv (x) + x               ->  Conv (x)          the identity moves into the kernel
    Conv 1x1 (BatchNorm (x))   ->  Conv 1x1 (x)      the scale and shift move into the kernel; so do those of
                                                     a depthwise Conv 1x1
    BatchNorm (x)              ->  depthwise Conv 1x1 (x)    where nothing takes it in (``stands_alone``)

The first three are defaults of model-compression-toolkit 2.5.1 (``linear_collapsing`` and
``residual_collapsing``; conditions as in its Apache-2.0 sources
core/common/substitutions/linear_collapsing.py, residual_collapsing.py and batchnorm_folding.py). The last
is sensorfit build's: MCT puts no quantizer behind a BatchNorm, and the converter stops where none follows
("Layer BatchNorm is not quantized"). A graph that is quantized already went through them.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from .ir import Graph, Node, Tensor

Kernel = tuple[int, ...]
"""(Cout, Cin, height, width)"""
IMAGE_AXES = 4
FOLDS_BATCHNORM = frozenset({"Conv", "ConvTranspose"})
QUANTIZED_ACTIVATIONS = frozenset(
    {"Relu", "Clip", "LeakyRelu", "HardSwish", "HardSigmoid", "Sigmoid", "Tanh", "Gelu", "Silu"}
)
"""Whose quantizer serves the BatchNormalization before them, too (each asked)."""
SWISHES = (["Mul", "Sigmoid"], ["HardSigmoid", "Mul"])


def collapse_convolutions(graph: Graph) -> Graph:
    """The graph with collapsible convolutions merged; itself when there is nothing to merge."""
    if graph.quantized:
        return graph
    for step in (_fold_batchnorm_forward, _convolve_batchnorm, _collapse_linear, _collapse_residual):
        graph = step(graph)
    return graph


def stands_alone(graph: Graph, node: Node) -> bool:
    """Whether a BatchNormalization of an image (N, C, H, W) ends in no convolution and no activation has it as input."""
    if node.op != "BatchNormalization" or node.domain or len(graph.shape(node.inputs[0]) or ()) != IMAGE_AXES:
        return False
    before, result = graph.producer_of(node.inputs[0]), node.outputs[0]
    if before and before.op in FOLDS_BATCHNORM and graph.only_reader(node.inputs[0]) is node:
        return False
    reader = graph.only_reader(result)
    if reader is None:
        return not _is_swish(graph, result)
    return reader.op not in QUANTIZED_ACTIVATIONS and not _takes_batchnorm(graph, reader)


def _is_swish(graph: Graph, tensor: str) -> bool:
    """Whether ``tensor`` is read by its sigmoid, and by their product, alone."""
    readers = graph.consumers_of(tensor)
    if tensor in graph.outputs or sorted(n.op for n in readers) not in SWISHES:
        return False
    product, gate = sorted(readers, key=lambda n: n.op != "Mul")
    return gate.outputs[0] in product.inputs and graph.only_reader(gate.outputs[0]) is product


def _takes_batchnorm(graph: Graph, node: Node) -> bool:
    """Whether MCT moves a BatchNormalization before this convolution into it: 1x1, in one group, unpadded."""
    kernel = graph.shape(node.input(1)) if node.op == "Conv" and not node.domain else None
    return (
        kernel is not None
        and kernel[2:] == (1, 1)
        and graph.is_constant(node.input(1))
        and int(node.attrs.get("group", 1)) == 1
        and not any(node.attrs.get("pads", ()))
    )


def _scales_channels(graph: Graph, node: Node) -> bool:
    """Whether a convolution is depthwise and 1x1."""
    kernel = graph.shape(node.input(1)) if node.op == "Conv" and graph.is_constant(node.input(1)) else None
    return (
        kernel is not None
        and kernel[1:] == (1, 1, 1)
        and int(node.attrs.get("group", 1)) == kernel[0] == (graph.shape(node.inputs[0]) or (0, 0))[1]
        and not any(node.attrs.get("pads", ()))
        and _ones(node, "strides")
    )


def _convolve_batchnorm(graph: Graph) -> Graph:
    tensors = dict(graph.tensors)
    changed: dict[str, Node] = {}
    for node in graph.nodes:
        if not stands_alone(graph, node):
            continue
        channels = (graph.shape(node.inputs[0]) or ())[1]
        kernel = Tensor(f"{node.name}/kernel", (channels, 1, 1, 1), "float32", constant=True)
        shift = Tensor(f"{node.name}/shift", (channels,), "float32", constant=True)
        tensors.update({kernel.name: kernel, shift.name: shift})
        attrs = {"group": channels, "kernel_shape": (1, 1)}
        changed[node.name] = replace(
            node, op="Conv", inputs=(node.inputs[0], kernel.name, shift.name), attrs=attrs
        )
    return graph.edited(changed, (), tensors=tensors) if changed else graph


def _fold_batchnorm_forward(graph: Graph) -> Graph:
    alias: dict[str, str] = {}
    for node in reversed(graph.nodes):  # of several in a row the last goes first (branches_6)
        if node.domain or not (node.op == "BatchNormalization" or _scales_channels(graph, node)):
            continue
        reader = graph.only_reader(node.outputs[0])
        if reader is not None and (reader.outputs[0] in alias or _takes_batchnorm(graph, reader)):
            alias[node.outputs[0]] = node.inputs[0]
    if not alias:
        return graph
    for result in reversed(tuple(alias)):
        alias[result] = alias.get(alias[result], alias[result])
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
        one = node
        while one.input(0) in made and _only_reader(graph, one):
            first, inner = made[one.input(0)]
            merged = (kernel[0], *inner[1:])
            if not _is_pointwise(one, kernel) or prod(merged) > prod(inner) + prod(kernel):
                break
            parameters = [Tensor(f"{node.name}/collapsed", merged, "float32", constant=True)]
            if one.input(2) or first.input(2):
                parameters.append(Tensor(f"{node.name}/collapsed-bias", kernel[:1], "float32", constant=True))
            tensors.update((t.name, t) for t in parameters)
            one = replace(
                one,
                inputs=(first.input(0), *(t.name for t in parameters)),
                attrs=first.attrs,
                merged=(*first.merged, first.name, *one.merged),
            )
            changed[node.name] = one
            made[node.outputs[0]] = (one, merged)
            gone.add(first.name)
            kernel = merged  # which the convolution before it may take in now (e9229)
    return graph.edited(changed, gone, tensors=tensors)


def _only_reader(graph: Graph, node: Node) -> bool:
    """Whether nobody else reads what ``node`` reads, by itself or by the first that was merged into it."""
    reader = graph.only_reader(node.input(0))
    return reader is not None and reader.name == (*node.merged, node.name)[0]


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
            if graph.only_reader(tensor) is node and _holds_identity(graph, conv, tensor, other):
                changed[conv.name] = replace(conv, outputs=node.outputs)
                gone.add(node.name)
                break
    return graph.edited(changed, gone)


def _holds_identity(graph: Graph, conv: Node, result: str, source: str) -> bool:
    """Whether a kernel can be the identity: its middle lies on the output's own position and channel."""
    kernel = (graph.shape(conv.input(1)) or ())[2:]
    dilations = conv.attrs.get("dilations") or (1,) * len(kernel)
    middle = tuple(int(k or 0) // 2 * int(d) for k, d in zip(kernel, dilations, strict=False))
    padded = str(conv.attrs.get("auto_pad", "NOTSET")).startswith("SAME")
    pads = (*middle, *middle) if padded else tuple(conv.attrs.get("pads") or (0,) * 2 * len(kernel))
    same = graph.shape(result) == graph.shape(source) and _ones(conv, "strides")
    return same and all(int(k or 0) % 2 for k in kernel) and pads == (*middle, *middle)


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
