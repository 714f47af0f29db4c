"""Latency: layers that cost more than what they compute (SF4xx).

Advice, never a verdict: every finding leaves the model supported.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..graph.ir import Graph
from ..latency.model import LatencyReport
from ..target import Target, read_facts
from ..verify.finding import Finding, Severity

TOPICS = {
    "SF401": "channels-just-past-the-simd-width",
    "SF402": "depthwise-at-full-resolution",
    "SF403": "resize-before-a-1x1-convolution",
}


def findings(graph: Graph, latency: LatencyReport, target: Target) -> Iterator[Finding]:
    """A finding for each change that pays; ``graph`` is the device graph that ``latency`` was estimated for."""
    limits = read_facts("cost_model", target.name)["advice"]
    nodes = {node.name: node for node in graph.nodes}
    for advice in latency.advice:
        node = nodes.get(advice.node)
        tensor = node.outputs[0] if node else ""
        share = advice.saved / latency.cycles if latency.cycles else 0.0
        severity: Severity = "warning" if share >= limits["warn"] else "info"
        yield Finding(
            rule=advice.rule,
            severity=severity,
            node=advice.node,
            op=advice.op,
            message=f"{advice.text}, {share:.1%} of the estimated runtime more than needed",
            fix=advice.fix,
            evidence=f"cost model fitted on {latency.measurements} measurements, median error {latency.error_median:.0%}",
            basis="inferred",
            reason=advice.reason,
            tensor=tensor,
            shape=graph.shape(tensor),
        )
