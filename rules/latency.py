"""Latency: layers that cost more than what they compute (SF4xx).

Advice, never a verdict: every finding leaves the model supported. The cost
model decides what is worth a word (``sensorfit.latency.advice``); here it
becomes a finding. ``TEXTS`` holds the rules' docstrings.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..graph.ir import Graph
from ..latency.model import LatencyReport
from ..target import Target, read_facts
from ..verify.finding import Finding, Severity

TEXTS: dict[str, str] = {
    "SF401": """A channel count just past a multiple of 32.

        The array works on channels in steps of 32: 33 channels take as long as
        64. Up to eight channels past a multiple are reported, on layers with a
        share of the runtime worth changing.

        Fails:
            (float[1,32,32,32] x) => (float[1,40,32,32] y) <float[40,32,1,1] w>
            { y = Conv <kernel_shape = [1, 1]> (x, w) }

        Passes:
            (float[1,32,32,32] x) => (float[1,32,32,32] y) <float[32,32,1,1] w>
            { y = Conv <kernel_shape = [1, 1]> (x, w) }

        Fix: use the multiple of 32 below, or all channels up to the one above: they cost the same.
        """,
    "SF402": """A depthwise convolution at full resolution.

        It multiplies little and moves the largest tensors of the network there
        and back, so the path to memory sets its time.

        Fails:
            (float[1,32,64,64] x) => (float[1,32,64,64] y) <float[32,1,3,3] w>
            { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], group = 32> (x, w) }

        Passes:
            (float[1,32,64,64] x) => (float[1,32,32,32] y) <float[32,1,3,3] w>
            { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2], group = 32> (x, w) }

        Fix: work at half the resolution there: start with a strided convolution, or end the decoder one stage earlier.
        """,
    "SF403": """A resize before a 1x1 convolution.

        A 1x1 convolution and a resize can change places: nearest-neighbour
        copies pixels and linear interpolation weights them to a sum of one, so
        the result is the same, computed on a fraction of the pixels.

        Fails:
            (float[1,64,16,16] x) => (float[1,32,32,32] y) <float[4] s = {1, 1, 2, 2}, float[32,64,1,1] w>
            { a = Resize <mode = "nearest", nearest_mode = "floor", coordinate_transformation_mode = "asymmetric"> (x, , s)
              y = Conv <kernel_shape = [1, 1]> (a, w) }

        Passes:
            (float[1,64,16,16] x) => (float[1,32,32,32] y) <float[4] s = {1, 1, 2, 2}, float[32,64,1,1] w>
            { a = Conv <kernel_shape = [1, 1]> (x, w)
              y = Resize <mode = "nearest", nearest_mode = "floor", coordinate_transformation_mode = "asymmetric"> (a, , s) }

        Fix: put the 1x1 convolution before the resize; with linear interpolation keep its activation after it.
        """,
}


def findings(graph: Graph, latency: LatencyReport, target: Target) -> Iterator[Finding]:
    """A finding for each change that pays; ``graph`` is the device graph that ``latency`` was estimated for."""
    limits = read_facts("cost_model", target)["advice"]
    nodes = {node.name: node for node in graph.nodes}
    for advice in latency.advice:
        node = nodes.get(advice.node)
        tensor = next((o for o in node.outputs if o), "") if node else ""
        share = advice.saved / latency.cycles if latency.cycles else 0.0
        severity: Severity = "warning" if share >= limits["warn"] else "info"
        yield Finding(
            rule=advice.rule,
            severity=severity,
            node=advice.node,
            op=advice.op,
            message=f"{advice.text}: {share:.1%} of the estimated runtime could be saved",
            fix=advice.fix,
            evidence=f"cost model fitted on {latency.measurements} measurements, median error {latency.error_median:.0%}",
            basis="inferred",
            reason=advice.reason,
            tensor=tensor,
            shape=graph.shape(tensor),
        )
