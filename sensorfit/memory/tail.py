"""The network without its last enlargement: what a host can do with the small result."""

from __future__ import annotations

from ..graph.ir import Graph, Node

BEHIND = frozenset({"Sigmoid", "Softmax", "ArgMax", "Cast", "Clip", "Relu", "HardSigmoid", "Transpose"})
"""What may stand between the Resize and the output: the host does it, too."""


def without_last_resize(graph: Graph) -> tuple[Graph, tuple[Node, ...]] | None:
    """``graph`` cut before each Resize that enlarges to an output, and those; None where no output ends in one."""
    gone: set[str] = set()
    cut: list[Node] = []
    outputs: list[str] = []
    for output in graph.outputs:
        behind, resize = _to_resize(graph, output)
        if resize is None:
            outputs.append(output)
            continue
        gone |= {resize.name, *behind}
        if resize not in cut:
            cut.append(resize)
            outputs.append(resize.inputs[0])
    kept = tuple(node for node in graph.nodes if node.name not in gone)
    if not cut or not kept or any(t in graph.inputs for t in outputs):
        return None
    return graph.replace(nodes=kept, outputs=tuple(dict.fromkeys(outputs))), tuple(cut)


def _to_resize(graph: Graph, output: str) -> tuple[list[str], Node | None]:
    """The nodes behind the Resize that alone leads to ``output``, and it; None where there is none."""
    behind: list[str] = []
    node = graph.producer_of(output)
    while node is not None and node.op in BEHIND and not node.domain and _only_here(graph, node, output):
        behind.append(node.name)
        output = node.inputs[0]
        node = graph.producer_of(output)
    if node is None or node.op != "Resize" or node.domain or not _only_here(graph, node, output):
        return [], None
    small, large = (graph.tensors[t].elements for t in (node.inputs[0], node.outputs[0]))
    return (behind, node) if small and large and large > small else ([], None)


def _only_here(graph: Graph, node: Node, output: str) -> bool:
    """Whether ``output`` is the only result and leads to one place: the output itself, or the node behind."""
    return len(node.outputs) == 1 and len(graph.consumers_of(output)) + (output in graph.outputs) == 1
