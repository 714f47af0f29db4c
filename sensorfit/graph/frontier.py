"""Where to cut a network so that what the device cannot run is left to the host.

    input ─► [before] ─► kept ─► [after] ─► outputs
                     ▲        ▲
               new inputs   new outputs

``before`` leads to a refused node ahead of everything trained (preparing the
image), ``after`` is a refused node and all that hangs on it (decoding,
non-maximum suppression). No refused node and every trained one is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import Final, NamedTuple

from .ir import Graph, Node

TRAINED: Final = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
"""Operators that carry a network's weights."""

Tensors = Callable[[Node], Iterable[str]]


class Cut(NamedTuple):
    """The part of a graph between two rows of tensors."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    """In graph order."""
    kept: frozenset[str]
    """Names of nodes."""

    def of(self, graph: Graph) -> Graph:
        """The part of ``graph`` that is kept."""
        nodes = (n for n in graph.nodes if n.name in self.kept)
        return graph.replace(nodes=tuple(nodes), inputs=self.inputs, outputs=self.outputs)


def find_cut(graph: Graph, refused: Set[str]) -> Cut | None:
    """The cut with every node of ``refused`` outside; None where a trained node would be outside, too."""
    trained = {n.name for n in graph.nodes if _is_trained(graph, n)}
    behind_trained, ahead_of_trained = _behind(graph, trained), _ahead(graph, trained)
    preparing = (refused & ahead_of_trained) - behind_trained
    before = preparing | _ahead(graph, preparing)
    deciding = refused - before
    after = deciding | _behind(graph, deciding)
    kept = (trained | behind_trained | ahead_of_trained) - before - after
    if not trained or not trained <= kept:
        return None
    made = {t for n in graph.nodes if n.name in kept for t in n.outputs if t}
    read = dict.fromkeys(t for n in graph.nodes if n.name in kept for t in graph.activations(n))
    outside = {t for n in graph.nodes if n.name not in kept for t in n.inputs}.union(graph.outputs)
    return Cut(
        inputs=tuple(t for t in read if t not in made),
        outputs=tuple(t for n in graph.nodes if n.name in kept for t in n.outputs if t in outside),
        kept=frozenset(kept),
    )


def _is_trained(graph: Graph, node: Node) -> bool:
    return node.op in TRAINED and not node.domain and graph.is_constant(node.input(1))


def _behind(graph: Graph, names: Set[str]) -> set[str]:
    """The nodes that read, directly or not, what a node of ``names`` writes."""
    return _reached(graph.nodes, names, lambda n: n.inputs, lambda n: n.outputs)


def _ahead(graph: Graph, names: Set[str]) -> set[str]:
    """The nodes whose results a node of ``names`` reads, directly or not."""
    return _reached(reversed(graph.nodes), names, lambda n: n.outputs, lambda n: n.inputs)


def _reached(nodes: Iterable[Node], names: Set[str], arrives: Tensors, leaves: Tensors) -> set[str]:
    tensors: set[str] = set()
    found: set[str] = set()
    for node in nodes:
        if not tensors.isdisjoint(arrives(node)):
            found.add(node.name)
        if node.name in names or node.name in found:
            tensors.update(filter(None, leaves(node)))
    return found
