"""What changed between two graphs: verdict, figures, operators, nodes, layers, findings.

Nodes are matched like findings are: by name with the same signature (operator,
attributes, shapes), then by signature alone, because exporters renumber.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..analysis import analyse
from ..graph.ir import Graph, Node
from ..report.change import compare as compare_findings
from ..report.change import entry
from ..report.change import figures as recorded_figures
from ..report.outcome import Figure
from ..report.report import Report
from ..target import Target
from ..units import show_shape
from .model import Diff, Layer, NodeChange, Operator

UNITS: Final = {
    "total_bytes": "B", "runtime_bytes": "B", "weights_bytes": "B", "macs": "", "cycles": "", "dsp_ms": "ms", "parameters": "",
    "nodes": "",
}  # fmt: skip


def diff(
    old: str | Path,
    new: str | Path,
    target: Target,
    *,
    profile: str = "converter",
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
) -> Diff:
    """Analyse ``old`` and ``new`` (files or built-in names) alike and compare; ``input_shapes`` holds for both."""
    before, now = (
        analyse(model, target, input_persistency=input_persistency, input_shapes=input_shapes)
        for model in (old, new)
    )
    old_report, new_report = (replace(of.report(profile), layers=of.layers()) for of in (before, now))
    return compare(old_report, new_report, before.graph, now.graph)


def compare(old: Report, new: Report, old_graph: Graph, new_graph: Graph) -> Diff:
    """The differences between two reports and the graphs they are about."""
    before, now = _figures(old), _figures(new)
    counts = Counter(n.op for n in old_graph.nodes), Counter(n.op for n in new_graph.nodes)
    return Diff(
        old=old,
        new=new,
        figures=tuple(
            Figure(name, before[name], now[name], unit)
            for name, unit in UNITS.items()
            if name in before and name in now
        ),
        operators=tuple(
            Operator(op, counts[0][op], counts[1][op])
            for op in sorted({*counts[0], *counts[1]})
            if counts[0][op] != counts[1][op]
        ),
        nodes=tuple(_nodes(old_graph, new_graph)),
        layers=tuple(_layers(old, new)),
        findings=compare_findings(entry(old), new),
    )


def signature(graph: Graph, node: Node) -> str:
    """``Conv 1x3x96x96,48x3x3x3 -> 1x48x48x48 strides=(2,2)``: words of what a node does, without its name."""
    reads = ",".join(_shape(graph, t) for t in node.inputs)
    writes = ",".join(_shape(graph, t) for t in node.outputs)
    attributes = " ".join(
        f"{k}={v!r}".replace(" ", "")
        for k, v in sorted(node.attrs.items())
        if isinstance(v, (int, float, str, tuple))
    )
    return f"{node.op} {reads} -> {writes} {attributes}".strip()


def _shape(graph: Graph, tensor: str) -> str:
    shape = graph.shape(tensor)
    return "?" if shape is None else show_shape(shape)


def _nodes(old: Graph, new: Graph) -> Iterable[NodeChange]:
    """Gone, changed and added nodes; renamed ones are none of these."""
    were = {n.name: signature(old, n) for n in old.nodes}
    are = {n.name: signature(new, n) for n in new.nodes}
    left = {name: text for name, text in were.items() if are.get(name) != text}
    added = {name: text for name, text in are.items() if were.get(name) != text}
    renamed = Counter(left.values()) & Counter(added.values())
    for names in (left, added):
        spare = Counter(renamed)
        for name, text in list(names.items()):
            if spare[text]:
                spare[text] -= 1
                del names[name]
    for name, text in left.items():
        yield NodeChange(name, text, added.pop(name, ""))
    for name, text in added.items():
        yield NodeChange(name, "", text)


def _layers(old: Report, new: Report) -> list[Layer]:
    if not (old.latency.complete and new.latency.complete):
        return []
    were = {layer.node: layer for layer in old.latency.layers}
    found = []
    for layer in new.latency.layers:
        then = were.get(layer.node)
        if (
            then is not None
            and then.op == layer.op
            and (then.macs, then.cycles) != (layer.macs, layer.cycles)
        ):
            found.append(Layer(layer.node, layer.op, then.macs, layer.macs, then.cycles, layer.cycles))
    return sorted(found, key=lambda x: (-abs(x.cycles_now - x.cycles_before), x.node))


def _figures(report: Report) -> dict[str, float]:
    """What can be compared: no lower bounds."""
    memory = {"runtime_bytes": report.memory.runtime_bytes, "weights_bytes": report.memory.weights_bytes}
    return {
        **recorded_figures(report),
        **(memory if report.memory.complete else {}),
        **({"cycles": report.latency.cycles} if report.latency.complete else {}),
        "nodes": report.model.folded or report.model.nodes,
    }
