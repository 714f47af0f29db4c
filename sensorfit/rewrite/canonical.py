"""What every file needs before a rewrite is looked for: all that ``load`` has found out, written down.

constants folded, nodes named, dead nodes gone      by ``load``
Reshape with 0 or -1                                the sizes written out
Identity, Dropout, Cast to the same type            left out
recorded shapes, producer, unread initializers      by ``graph.write``: made anew
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from onnx import TensorProto

from ..errors import ModelError
from ..graph.fold import RANDOM, Stored
from ..graph.ir import Graph, Node, Tensor, Written
from ..graph.kernels import other_rank
from ..units import show_shape

DROPPED = frozenset({"Identity", "Dropout"})
RESHAPES = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze"})


def canonical(graph: Graph, where: str) -> Graph:
    """The graph with everything static written out; ModelError where an input's size is open."""
    for name in graph.inputs:
        tensor = graph.tensors[name]
        if not tensor.static:
            raise ModelError(
                f"{where}: input '{name}' has the shape {show_shape(tensor.shape or ())}: rewrites need every size; give it with --input-shape {name}=1x3xHxW"
            )
    if graph.quantized:
        raise ModelError(
            f"{where}: is quantized already: rewrites are for float graphs; fix the float model and quantize that"
        )
    graph = without_identities(graph.replace(written=Written()))
    return with_sizes_written(graph)


def without_data(graph: Graph) -> str:
    """A constant that a node reads and whose data is not there, "" where all is: nothing is proven without it."""
    read = dict.fromkeys(t for n in graph.nodes for t in n.inputs if t and graph.is_constant(t))
    held = ((t, graph.tensors[t]._constant) for t in read)
    return next((t for t, c in held if isinstance(c, Stored) and not c.there), "")


def uncomputed(graph: Graph) -> str:
    """A node that no runtime computes, "" where all are: nothing is proven of a network that is no valid ONNX."""
    return next((n.name for n in graph.nodes if other_rank(graph, n)), "")


def random(graph: Graph) -> str:
    """A node that draws random numbers, "" where none does: no two runs are equal, so nothing can be compared."""
    return next((n.name for n in graph.nodes if n.op in RANDOM and not n.domain), "")


def without_identities(graph: Graph) -> Graph:
    """Without what passes its input on; one that makes an output of the network stays."""
    alias: dict[str, str] = {}
    kept = []
    for node in graph.nodes:
        node = _renamed(node, alias)
        if _passes(graph, node) and node.outputs[0] not in graph.outputs:
            alias[node.outputs[0]] = node.inputs[0]
        else:
            kept.append(node)
    return graph.replace(nodes=tuple(kept))


def _passes(graph: Graph, node: Node) -> bool:
    if node.domain or not node.inputs or not node.inputs[0]:
        return False
    if node.op in DROPPED:
        return not any(graph.consumers_of(o) or o in graph.outputs for o in node.outputs[1:] if o)
    if node.op == "Cast":
        read, made = graph.tensors.get(node.inputs[0]), graph.tensors.get(node.outputs[0])
        return read is not None and made is not None and bool(read.dtype) and read.dtype == made.dtype
    return False


def with_sizes_written(graph: Graph) -> Graph:
    """Reshapes with their whole target shape; those that open a GroupNormalization keep their 0."""
    tensors, changed = dict(graph.tensors), {}
    for node in graph.nodes:
        if node.op != "Reshape" or node.domain:
            continue
        target, made = graph.numbers(node.input(1)), graph.tensors[node.outputs[0]]
        if target is None or not made.static or made.shape is None or min(target, default=1) > 0:
            continue
        reader = graph.only_reader(node.outputs[0])
        if reader is not None and reader.op == "InstanceNormalization":
            continue
        name = f"{node.name}/shape"
        tensors[name] = vector(name, made.shape)  # type: ignore[arg-type]
        attrs = {k: v for k, v in node.attrs.items() if k != "allowzero"}
        changed[node.name] = replace(node, inputs=(node.inputs[0], name), attrs=attrs)
    return graph.edited(changed, (), tensors=tensors) if changed else graph


def merged_reshapes(graph: Graph, made: Iterable[str]) -> Graph:
    """Reshape of a reshape as one, where a rewrite made either; one that changes nothing goes. Row-major order stays."""
    mine, by = set(made), {o: n for n in graph.nodes for o in n.outputs}
    alias: dict[str, str] = {}
    tensors, nodes = dict(graph.tensors), []
    for node in graph.nodes:
        node = _renamed(node, alias)
        source = by.get(node.inputs[0]) if node.op in RESHAPES and node.inputs else None
        while (
            source is not None
            and source.op in RESHAPES
            and not source.domain
            and {node.name, source.name} & mine
            and tensors[node.outputs[0]].static
        ):
            shape = f"{node.name}/merged"
            tensors[shape] = vector(shape, tensors[node.outputs[0]].shape or ())  # type: ignore[arg-type]
            node = Node(node.name, "Reshape", (source.inputs[0], shape), node.outputs)
            mine.add(node.name)
            source = by.get(node.inputs[0])
        same = node.op in RESHAPES and tensors[node.inputs[0]].shape == tensors[node.outputs[0]].shape
        if same and node.name in mine and node.outputs[0] not in graph.outputs:
            alias[node.outputs[0]] = node.inputs[0]
            continue
        by.update(dict.fromkeys(node.outputs, node))
        nodes.append(node)
    return without_dead(graph.replace(nodes=tuple(nodes), tensors=tensors))


def without_dead(graph: Graph) -> Graph:
    """Without nodes that no output needs and tensors that no node reads."""
    needed, kept = set(graph.outputs), []
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            needed.update(i for i in node.inputs if i)
            kept.append(node)
    used = {t for n in kept for t in (*n.inputs, *n.outputs) if t} | {*graph.inputs, *graph.outputs}
    tensors = {t: v for t, v in graph.tensors.items() if t in used}
    return graph.replace(nodes=tuple(reversed(kept)), tensors=tensors)


def vector(name: str, values: Iterable[int]) -> Tensor:
    """A constant vector of int64."""
    listed = [*values]
    proto = TensorProto(data_type=TensorProto.INT64, dims=[len(listed)], int64_data=listed)
    return Tensor(name, (len(listed),), "int64", True, None, Stored(proto))


def _renamed(node: Node, alias: dict[str, str]) -> Node:
    if not any(i in alias for i in node.inputs):
        return node
    return replace(node, inputs=tuple(alias.get(i, i) for i in node.inputs))
