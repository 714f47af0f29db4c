"""The canonical graph into the device graph: what the sensor will run.

Patterns become the one operator they stand for; BatchNorm moves into the
convolution before it (y = g (Wx + b - m) / s + h is a convolution again);
the activation after a convolution becomes part of it; what computes nothing
goes. Only names and shapes change hands: no weight is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .collapse import collapse_convolutions
from .ir import Graph, Node, Tensor
from .patterns import find_patterns

FOLDS_BATCHNORM = frozenset({"Conv", "ConvTranspose"})
FUSES_ACTIVATION = frozenset(
    {"Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Sub", "Mul", "BatchNormalization"}
)
FUSED_ACTIVATIONS = frozenset({"Relu", "Clip", "LeakyRelu"})
"""Piecewise linear activations, which the converter lists in place, without a schedule step of their own."""
NO_OPERATION = frozenset({"Identity", "Dropout"})


def lower(graph: Graph) -> Graph:
    """The device graph of a canonical graph."""
    for step in (_drop_identities, _fuse_patterns, _fold_batchnorm, collapse_convolutions, _fuse_activations):
        graph = step(graph)
    return graph


def _drop_identities(graph: Graph) -> Graph:
    alias: dict[str, str] = {}
    kept = []
    for node in graph.nodes:
        node = _rename_inputs(node, alias)
        if _is_identity(graph, node):
            alias[node.outputs[0]] = node.inputs[0]
        else:
            kept.append(node)
    outputs = tuple(alias.get(o, o) for o in graph.outputs)
    return graph.replace(nodes=tuple(kept), outputs=outputs)


def _is_identity(graph: Graph, node: Node) -> bool:
    if node.domain or not node.inputs or not node.inputs[0]:
        return False
    if node.op in NO_OPERATION:
        return not any(graph.consumers_of(o) or o in graph.outputs for o in node.outputs[1:])
    if node.op == "Cast":
        source, target = graph.tensors[node.inputs[0]], graph.tensors[node.outputs[0]]
        return bool(source.dtype) and source.dtype == target.dtype
    return False


def _rename_inputs(node: Node, alias: dict[str, str]) -> Node:
    if not any(i in alias for i in node.inputs):
        return node
    return replace(node, inputs=tuple(alias.get(i, i) for i in node.inputs))


def _fuse_patterns(graph: Graph) -> Graph:
    last: dict[str, Node] = {}
    gone: set[str] = set()
    for match in find_patterns(graph):
        names = [n.name for n in match.nodes]
        if gone.intersection(names):
            continue
        gone.update(names)
        tail = next(n for n in reversed(match.nodes) if match.output in n.outputs)
        last[tail.name] = Node(
            name=tail.name,
            op=match.kind,
            inputs=match.inputs,
            outputs=(match.output,),
            attrs=match.attrs,
            origin=tuple(names),
            pattern=match.kind,
        )
    if not gone:
        return graph
    return graph.replace(
        nodes=tuple(last.get(n.name, n) for n in graph.nodes if n.name not in gone or n.name in last)
    )


def _fold_batchnorm(graph: Graph) -> Graph:
    folded: dict[str, Node] = {}
    gone: set[str] = set()
    tensors = dict(graph.tensors)
    for node in graph.nodes:
        if node.op != "BatchNormalization" or len(node.outputs) != 1 or node.attrs.get("training_mode"):
            continue
        source = graph.producer_of(node.inputs[0])
        if source is None or source.op not in FOLDS_BATCHNORM or not _only_reader(graph, source, node):
            continue
        inputs = source.inputs
        if not source.input(2):  # the shift of the BatchNorm becomes a bias
            bias = tensors[node.inputs[2]]
            tensors[f"{source.name}/bias"] = Tensor(
                f"{source.name}/bias", bias.shape, bias.dtype, constant=True, bits=bias.bits
            )
            inputs = (*source.inputs[:2], f"{source.name}/bias")
        folded[source.name] = _absorb(replace(source, inputs=inputs), node)
        gone.add(node.name)
    nodes = tuple(folded.get(n.name, n) for n in graph.nodes if n.name not in gone)
    return graph.replace(nodes=nodes, tensors=tensors)


def _fuse_activations(graph: Graph) -> Graph:
    fused: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        if node.op not in FUSED_ACTIVATIONS or node.domain:
            continue
        source = graph.producer_of(node.inputs[0])
        if (
            source is None
            or source.op not in FUSES_ACTIVATION
            or source.activation
            or not _only_reader(graph, source, node)
        ):
            continue
        fused[source.name] = replace(_absorb(source, node), activation=node.op)
        gone.add(node.name)
    return graph.replace(nodes=tuple(fused.get(n.name, n) for n in graph.nodes if n.name not in gone))


def _only_reader(graph: Graph, source: Node, reader: Node) -> bool:
    return (
        len(source.outputs) == 1
        and source.outputs[0] not in graph.outputs
        and graph.consumers_of(source.outputs[0]) == (reader,)
    )


def _absorb(node: Node, follower: Node) -> Node:
    """``node`` writing what ``follower`` wrote."""
    return replace(node, outputs=follower.outputs, origin=(*_origin(node), *_origin(follower)))


def _origin(node: Node) -> Iterable[str]:
    return node.origin or (node.name,)
