"""Ifs whose condition is constant: the branch that is taken, in their place.

torch exports ``squeeze(axis)`` of an open axis as an If on that axis being 1; with shapes known only one branch is ever run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import onnx
from onnx import GraphProto, NodeProto, helper

from ..graph.ir import Graph

DEEP: Final = 16
"""Ifs within Ifs at most."""

Load = Callable[[onnx.ModelProto], Graph]


def without_branches(proto: onnx.ModelProto, graph: Graph, load: Load) -> tuple[onnx.ModelProto, Graph, int]:
    """``proto`` and its graph with every If of a constant condition replaced, and how many there were.

    ``proto`` itself is not changed; where there is no such If it is given back as it is.
    """
    count = 0
    for _ in range(DEEP):
        taken = {
            n.outputs[0]: bool(found[0])
            for n in graph.nodes
            if n.op == "If"
            and not n.domain
            and (found := graph.numbers(n.inputs[0])) is not None
            and len(found) == 1
        }
        inlined = _inlined(proto, taken) if taken else None
        if inlined is None:
            break
        count += len(taken)
        proto, graph = inlined, load(inlined)
    return proto, graph, count


def _inlined(proto: onnx.ModelProto, taken: dict[str, bool]) -> onnx.ModelProto | None:
    """A copy with the branches taken; None where a name in them is another tensor's as well."""
    made = onnx.ModelProto()
    made.CopyFrom(proto)
    names = {t for n in made.graph.node for t in n.output} | {t.name for t in made.graph.initializer}
    nodes: list[NodeProto] = []
    for node in made.graph.node:
        if node.op_type != "If" or not node.output or node.output[0] not in taken:
            nodes.append(node)
            continue
        branch = _branch(node, taken[node.output[0]])
        own = {t for n in branch.node for t in n.output} | {t.name for t in branch.initializer}
        if own & names or len(branch.output) != len(node.output):
            return None
        names |= own
        made.graph.initializer.extend(branch.initializer)
        nodes += branch.node
        for inner, outer in zip(branch.output, node.output, strict=True):
            if outer:
                nodes.append(
                    helper.make_node("Identity", [inner.name], [outer], name=f"{node.name or outer}/{outer}")
                )
    kept = [NodeProto.FromString(n.SerializeToString()) for n in nodes]
    del made.graph.node[:]
    made.graph.node.extend(kept)
    return made


def _branch(node: NodeProto, condition: bool) -> GraphProto:
    name = "then_branch" if condition else "else_branch"
    return next(a.g for a in node.attribute if a.name == name)
