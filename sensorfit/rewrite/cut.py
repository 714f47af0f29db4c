"""A network taken apart: what stays on the sensor, and what the host does before and after it.

    input ─► [prepare] ─► device ─► [host] ─► outputs
                              └────────────► outputs

The three together are the network as it was; only ``device`` is rewritten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..errors import ConfigError
from ..graph.frontier import find_cut
from ..graph.ir import Graph
from ..suggest import did_you_mean


@dataclass(frozen=True)
class Split:
    """Parts with the names of their inputs and outputs; None where there is nothing to do."""

    device: Graph
    host: Graph | None
    """Reads outputs of ``device`` and, where it needs them, inputs of the network; writes the outputs that ``device`` does not."""
    prepare: Graph | None
    """Writes the inputs of ``device`` that are none of the network's."""

    @property
    def left(self) -> int:
        """How many nodes the host runs."""
        return sum(len(g.nodes) for g in (self.host, self.prepare) if g is not None)

    @property
    def tensors(self) -> tuple[str, ...]:
        """Where it is cut: the outputs of ``device`` that the host reads on."""
        return tuple(t for t in self.device.outputs if self.host is not None and t in self.host.inputs)


def at_tensors(graph: Graph, tensors: Sequence[str], where: str) -> Split:
    """All that lies behind ``tensors`` left to the host; ConfigError for names that cannot be cut at."""
    made = {t: n for n in graph.nodes for t in n.outputs if t}
    for name in tensors:
        if name not in made:
            why = (
                "is an input" if name in graph.inputs else "is a constant" if graph.is_constant(name) else ""
            )
            hint = did_you_mean(name, made, "any Netron shows them")
            raise ConfigError(
                f"{where}: cannot be cut at '{name}', "
                + (f"which {why}" if why else f"which is no tensor of it: {hint}")
            )
    behind = _behind(graph, tensors)
    for name in tensors:
        if made[name].name in behind:
            raise ConfigError(
                f"{where}: '{name}' lies behind another of the tensors to cut at: leave one of them out"
            )
    return _split(graph, {n.name for n in graph.nodes} - behind, graph.inputs, tensors)


def at_frontier(graph: Graph, refused: Collection[str]) -> Split | None:
    """The nodes ``refused`` and all that hangs on them left to the host; None where weights would be among them."""
    cut = find_cut(graph, {*refused})
    return None if cut is None or not cut.outputs else _split(graph, cut.kept, cut.inputs)


def _split(graph: Graph, kept: Collection[str], inputs: Sequence[str], asked: Iterable[str] = ()) -> Split:
    made = [t for n in graph.nodes if n.name in kept for t in n.outputs if t]
    read = {t for n in graph.nodes if n.name not in kept for t in n.inputs}
    wanted = read.union(graph.outputs, asked)
    outputs = tuple(t for t in made if t in wanted)
    left = [o for o in graph.outputs if o not in outputs]
    device = _part(graph, outputs, inputs)
    host = _part(graph, left, (*outputs, *graph.inputs)) if left else None
    early = [t for t in inputs if t not in graph.inputs]
    return Split(device, host, _part(graph, early, graph.inputs) if early else None)


def _part(graph: Graph, outputs: Sequence[str], given: Sequence[str]) -> Graph:
    """The nodes that lead from the tensors ``given`` to ``outputs``; those given that nothing reads are no inputs."""
    needed, nodes = {*outputs} - {*given}, []
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            needed.update(t for t in node.inputs if t and t not in given)
            nodes.append(node)
    read = {t for n in nodes for t in n.inputs} | {*outputs}
    return graph.replace(
        nodes=tuple(reversed(nodes)),
        inputs=tuple(t for t in given if t in read),
        outputs=tuple(outputs),
        declared_inputs={t: graph.shape(t) for t in given if t in read},
    )


def _behind(graph: Graph, tensors: Iterable[str]) -> set[str]:
    found, reached = set(), {*tensors}
    for node in graph.nodes:
        if not reached.isdisjoint(node.inputs):
            found.add(node.name)
            reached.update(t for t in node.outputs if t)
    return found
