"""What rewrites have made constant: nodes that read constants alone, as their values.

    Slice(W), Transpose, MatMul(x, .)  ─►  MatMul(x, W')

``load`` folds what the file says. A rewrite may show more: the parts of a sequence that are Slices of a weight, a CastLike to
the same type. Their values are computed when somebody asks, as those that ``load`` folds.
"""

from __future__ import annotations

from ..graph.fold import NOT_FOLDED, Folded
from ..graph.ir import Graph, Tensor
from ..graph.write import node_proto


def constants_folded(graph: Graph) -> Graph:
    """``graph`` with every node that reads constants alone as the constants that it writes; its outputs stay written by nodes."""
    tensors, outputs = dict(graph.tensors), set(graph.outputs)
    kept = []
    for node in graph.nodes:
        read = [tensors.get(i) if i else None for i in node.inputs]
        written = [tensors[o] for o in node.outputs if o]
        folds = (
            not node.domain
            and node.op not in NOT_FOLDED
            and bool(node.inputs)
            and all(
                t is not None and t.constant and t._constant is not None
                for i, t in zip(node.inputs, read, strict=True)
                if i
            )
            and all(t.static and t.dtype and t.name not in outputs for t in written)
        )
        if not folds:
            kept.append(node)
            continue
        sources = [None if t is None else t._constant for t in read]
        size = 8 * sum(t.elements or 0 for t in written)
        for index, output in enumerate(node.outputs):
            if output:
                old = tensors[output]
                value = Folded(node_proto(node), sources, index, graph.opset, size)
                tensors[output] = Tensor(output, old.shape, old.dtype, True, None, value)
    return graph if len(kept) == len(graph.nodes) else graph.replace(nodes=tuple(kept), tensors=tensors)
