"""A model with its constant expressions replaced by their values.

    Pad (x, Cast (Clip (c, low, "")))  ->  Pad (x, initializer)

What ``load`` knows to be constant becomes an initializer, Constant nodes
among them; a constant without values (weights that are absent) keeps its nodes.
"""

from __future__ import annotations

import onnx

from .ir import Graph
from .subgraphs import reads


def fold_constants(proto: onnx.ModelProto, graph: Graph) -> None:
    """Fold ``proto``, from which ``graph`` was loaded, in place; names stay, shapes recorded of what goes are dropped."""
    model = proto.graph
    stored = {t.name for t in model.initializer} | {t.values.name for t in model.sparse_initializer}
    values = {}
    for name, tensor in graph.tensors.items():
        value = (
            tensor._constant.proto if tensor.constant and tensor._constant and name not in stored else None
        )
        if value is not None:
            values[name] = value
            value.name = name
    needed = {o.name for o in model.output}
    kept = []
    for node in reversed(model.node):
        if any(o in needed and o not in values for o in node.output):
            needed.update(reads(node))
            kept.append(node)
    del model.node[:]
    model.node.extend(reversed(kept))
    model.initializer.extend(value for name, value in values.items() if name in needed)
    _drop_unread(model, needed)


def _drop_unread(model: onnx.GraphProto, needed: set[str]) -> None:
    alive = [t for t in model.initializer if t.name in needed]
    del model.initializer[:]
    model.initializer.extend(alive)
    there = needed.union(o for n in model.node for o in n.output)
    recorded = [v for v in model.value_info if v.name in there]
    del model.value_info[:]
    model.value_info.extend(recorded)
