"""What the converter's front end makes of the file itself, where ``load`` makes the canonical graph of it.

``load`` folds every constant expression. The front end folds a node whose
inputs are all there and all constant, and Shape of a tensor with a known
shape; anything else stays a node to it:

    Clip (c, low, "")   the empty input is no constant
    Size (x)            unless x is one
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from typing import TYPE_CHECKING

import onnx

from .fold import RANDOM
from .ir import QUANTIZER_DOMAIN, Graph, Stale
from .shapes import dtype_of, shape_of
from .subgraphs import has_subgraphs, reads

if TYPE_CHECKING:
    from .shapes import Type, Values

UNCOMPARED = ("float64", "bfloat16")
"""Types that the front end takes of an output that is recorded once more, whatever it is."""


def as_read(graph: Graph) -> Graph:
    """``graph`` as the front end reads the file: what it does not fold are nodes again."""
    written = graph.written
    if not written.unfolded:
        return graph
    return graph.replace(
        nodes=(*written.unfolded, *graph.nodes),
        tensors={**graph.tensors, **written.tensors},
        written=written._replace(unfolded=(), tensors={}),
    )


def held_constant(nodes: Iterable[onnx.NodeProto], given: Set[str], values: Values) -> set[str]:
    """The tensors that the front end holds as constants; ``nodes`` in topological order, ``given`` the initializers."""
    held = set(given)
    for node in nodes:
        if _folds(node, held, values):
            held.update(filter(None, node.output))
    return held


def _folds(node: onnx.NodeProto, held: set[str], values: Values) -> bool:
    if node.domain:
        return False
    if node.op_type == "Constant":
        return True
    if node.op_type == "Shape":
        shape = values.shape(node.input[0]) if node.input else None
        return shape is not None and None not in shape
    if not node.input or not held.issuperset(node.input):
        return False
    return node.op_type not in RANDOM and not has_subgraphs(node)


def unread(graph: onnx.GraphProto, held: Set[str]) -> tuple[str, ...]:
    """Constants of the file, stored or computed, that nothing reads."""
    read = {t for n in graph.node for t in reads(n)} | {o.name for o in graph.output}
    made = [t.name for t in graph.initializer]
    made += [o for n in graph.node for o in n.output if o in held]
    return tuple(name for name in made if name not in read)


def oddly_spelled(
    nodes: Sequence[onnx.NodeProto], held: set[str], outputs: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """(name, operator) of the Constants without ``value`` that the front end meets: those that only feed constant
    expressions are gone before it looks."""
    odd = {
        output: (node.name, node.op_type)
        for node in nodes
        if node.op_type == "Constant"
        and not node.domain
        and all(a.name not in ("value", "sparse_value") for a in node.attribute)
        for output in node.output
    }
    if not odd:
        return ()
    met = {t for n in nodes if not held.issuperset(filter(None, n.output)) for t in reads(n)}.union(outputs)
    return tuple(place for tensor, place in odd.items() if tensor in met)


def sparse_constants(graph: onnx.GraphProto) -> tuple[str, ...]:
    """The tensors that the file stores by their values other than zero."""
    made = (
        n.output[0]
        for n in graph.node
        if n.op_type == "Constant" and n.output and any(a.name == "sparse_value" for a in n.attribute)
    )
    return (*(s.values.name for s in graph.sparse_initializer), *made)


def stale_shapes(
    graph: onnx.GraphProto, inferred: Callable[[str], Type | None], open_batch: bool
) -> tuple[Stale, ...]:
    """Recorded shapes and types on which the front end stops.

    A number or a type that is not the inferred one, or an output without a shape. An
    output that is recorded a second time, among the ``value_info``, must have
    just the inferred shape there, with no dimension left open. What is recorded of an input once more is not read.
    ``open_batch``: the batch of an input is open, so that first dimensions say nothing.
    """
    outputs = {o.name for o in graph.output}
    inputs = {i.name for i in graph.input} - {t.name for t in graph.initializer}
    first = 1 if open_batch else 0
    found: dict[str, Stale] = {}
    for infos, inner in ((graph.output, False), (graph.value_info, True)):
        for info in infos:
            known, recorded = inferred(info.name), shape_of(info.type)
            if known is None or known.shape is None or info.name in found or (inner and info.name in inputs):
                continue
            again = inner and info.name in outputs
            dtype = dtype_of(info.type)
            if dtype != known.dtype and (dtype or again) and not (again and dtype in UNCOMPARED):
                found[info.name] = Stale(info.name, recorded, known.shape, dtype or "undefined", known.dtype)
                continue
            if recorded is None or len(recorded) != len(known.shape):
                wrong = recorded is not None or info.name in outputs
            else:
                pairs = [*zip(recorded, known.shape, strict=True)][first:]
                wrong = any(k is not None and r != k and (again or r is not None) for r, k in pairs)
            if wrong:
                found[info.name] = Stale(info.name, recorded, known.shape)
    return tuple(found.values())


def unrecorded_quantizers(graph: onnx.GraphProto) -> tuple[str, ...]:
    """Results of MCT's quantizers whose shape the file does not record: no inference but the record tells it."""
    recorded = {v.name for v in (*graph.value_info, *graph.output) if v.type.tensor_type.HasField("shape")}
    return tuple(
        n.output[0]
        for n in graph.node
        if n.domain == QUANTIZER_DOMAIN and n.output and n.output[0] not in recorded
    )


def negative_dimensions(graph: onnx.GraphProto) -> tuple[tuple[str, int], ...]:
    """(tensor, axis) of the first dimension written as -1, for each tensor that has one."""
    found: dict[str, int] = {}
    for info in (*graph.input, *graph.output, *graph.value_info):
        for axis, dim in enumerate(info.type.tensor_type.shape.dim):
            if dim.dim_value == -1:
                found.setdefault(info.name, axis)
    return tuple(found.items())
