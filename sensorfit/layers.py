"""What each node of a network takes on the device: a list in the graph's order, whose sums are the report's figures."""

from __future__ import annotations

from collections.abc import Mapping

from .graph.ir import Graph, Node
from .latency.model import LatencyReport
from .memory.layout import MemoryFacts, load_memory_facts
from .memory.model import MemoryReport
from .memory.multipliers import multipliers_spread
from .memory.weights import weight_bytes_by_node
from .memory.widths import with_widths
from .report.layer import Layer, node_of
from .target import Target


def layers(
    graph: Graph, device_graph: Graph, memory: MemoryReport, latency: LatencyReport, target: Target
) -> tuple[Layer, ...]:
    """A layer for each node of ``graph``; ``memory`` has every step of its plan."""
    device = with_widths(device_graph)
    own = {node.name: node for node in device.nodes}
    weights = _weights(device, load_memory_facts(target), own)
    written = _written(memory, own)
    cost = {layer.node: layer for layer in latency.layers}
    into = _fused(graph, device)
    place = {name: index for index, node in enumerate(graph.nodes) for name in node.outputs if name}
    found = []
    for node in graph.nodes:
        name = node.name
        layer = cost.get(name)
        found.append(
            Layer(
                node=name,
                op=node.op,
                shape=graph.shape(node.outputs[0]) if node.outputs else None,
                reads=tuple(dict.fromkeys(place[t] for t in node.inputs if t in place)),
                weights_bytes=weights.get(name, 0),
                activation_bytes=written.get(name, 0),
                macs=layer.macs if layer else 0,
                cycles=layer.cycles if layer else 0,
                bits=_bits(device, own.get(name)),
                runs_in=into.get(name, "") if name not in own else "",
                cycles_low=layer.cycles_low if layer else 0,
                cycles_high=layer.cycles_high if layer else 0,
            )
        )
    return tuple(found)


def _weights(device: Graph, facts: MemoryFacts, names: Mapping[str, object]) -> dict[str, int]:
    found: dict[str, int] = {}
    run = multipliers_spread(device, facts)
    for node, size in zip(run.nodes, weight_bytes_by_node(run, facts)[0], strict=True):
        name = node_of(node.name, names)
        found[name] = found.get(name, 0) + size
    return found


def _written(memory: MemoryReport, names: Mapping[str, object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in memory.steps:
        name = node_of(step.node, names)
        size = sum(item.bytes for item in step.live if item.why == "written here")
        found[name] = max(found.get(name, 0), size)
    return found


def _bits(graph: Graph, node: Node | None) -> int:
    """The width of its weights, eight where the graph is a float one."""
    if node is None:
        return 0
    widths = [
        tensor.bits or 8
        for name in node.inputs
        if (tensor := graph.tensors.get(name)) and tensor.constant and len(tensor.shape or ()) > 1
    ]
    return max(widths, default=0)


def _fused(graph: Graph, device: Graph) -> dict[str, str]:
    """The device's node that each node of the file runs in: those between its inputs and its outputs."""
    found: dict[str, str] = {}
    for node in device.nodes:
        ends = {*node.inputs}
        todo = [t for t in node.outputs if t and t not in ends]
        while todo:
            producer = graph.producer_of(todo.pop())
            if producer is None or producer.name in found:
                continue
            found[producer.name] = node.name
            todo += [t for t in producer.inputs if t and t not in ends]
    return found
