"""The canonical graph into the device graph: what the sensor will run.

Patterns become the one operator they stand for; BatchNorm moves into the
convolution before it (y = g (Wx + b - m) / s + h is a convolution again);
the activation after a convolution becomes part of it, and so do the zeros padded
before it; what computes nothing goes, as does another tool's quantization. Only names and shapes change hands: no weight is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from .collapse import FOLDS_BATCHNORM, collapse_convolutions
from .integer import as_float
from .ir import Graph, Node, Tensor
from .pads import fold_pads
from .patterns import find_patterns
from .turned_back import without_turning_back

FUSES_ACTIVATION = frozenset(
    {"Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Sub", "Mul", "BatchNormalization"}
)
FUSED_ACTIVATIONS = frozenset({"Relu", "Clip", "LeakyRelu"})
"""Piecewise linear activations, which the converter lists in place, without a schedule step of their own."""
NO_OPERATION = frozenset({"Identity", "Dropout"})
FLOATS = frozenset({"float16", "float32", "float64"})


def lower(graph: Graph) -> Graph:
    """The device graph of a canonical graph."""
    for step in (
        as_float,
        drop_identities,
        fuse_patterns,
        without_turning_back,
        _fold_batchnorm,
        collapse_convolutions,
        _fuse_activations,
        fold_pads,
    ):
        graph = step(graph)
    return graph


def drop_identities(graph: Graph) -> Graph:
    """``graph`` without the nodes that compute nothing; a graph output may be called by another name then."""
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
        source, target = graph.tensors[node.inputs[0]].dtype, graph.tensors[node.outputs[0]].dtype
        return bool(source) and (source == target or between_floats(source, target))
    return False


def between_floats(before: str, after: str) -> bool:
    """Whether a Cast changes nothing but the precision of floats, all of which become float32 before the network is quantized."""
    return before in FLOATS and after in FLOATS


def _rename_inputs(node: Node, alias: Mapping[str, str]) -> Node:
    if not any(i in alias for i in node.inputs):
        return node
    return replace(node, inputs=tuple(alias.get(i, i) for i in node.inputs))


def fuse_patterns(graph: Graph, kinds: Collection[str] | None = None) -> Graph:
    """``graph`` with each pattern (of these ``kinds``, else of all) as the one operator it stands for."""
    fused: dict[str, Node] = {}
    gone: set[str] = set()
    for match in find_patterns(graph):
        if kinds is not None and match.kind not in kinds:
            continue
        tail = next(n for n in match.nodes if match.output in n.outputs)
        fused[tail.name] = Node(
            tail.name, match.kind, match.inputs, (match.output,), match.attrs, pattern=match.kind
        )
        gone.update(n.name for n in match.nodes if n is not tail)
    return graph.edited(fused, gone)


def _fold_batchnorm(graph: Graph) -> Graph:
    folded: dict[str, Node] = {}
    gone: set[str] = set()
    tensors = dict(graph.tensors)
    for node in graph.nodes:
        if node.op != "BatchNormalization" or len(node.outputs) != 1 or node.attrs.get("training_mode"):
            continue
        source = _source(graph, node)
        if source is None or source.op not in FOLDS_BATCHNORM:
            continue
        inputs = source.inputs
        if not source.input(2):  # the shift of the BatchNorm becomes a bias
            shift = tensors[node.inputs[2]]
            bias = Tensor(f"{source.name}/bias", shift.shape, shift.dtype, constant=True, bits=shift.bits)
            tensors[bias.name] = bias
            inputs = (*source.inputs[:2], bias.name)
        folded[source.name] = replace(source, inputs=inputs, outputs=node.outputs)
        gone.add(node.name)
    return graph.edited(folded, gone, tensors=tensors)


def _fuse_activations(graph: Graph) -> Graph:
    fused: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        if node.op not in FUSED_ACTIVATIONS or node.domain:
            continue
        source = _source(graph, node)
        if source is not None and source.op in FUSES_ACTIVATION and not source.activation:
            fused[source.name] = replace(source, outputs=node.outputs, activation=node.op)
            gone.add(node.name)
    return graph.edited(fused, gone)


def _source(graph: Graph, node: Node) -> Node | None:
    """The node that writes the input of ``node``, where it writes for nobody else."""
    source = graph.producer_of(node.inputs[0])
    if source is None or len(source.outputs) != 1 or graph.only_reader(node.inputs[0]) is not node:
        return None
    return source
