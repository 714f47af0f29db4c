"""Latency: layers that cost more than what they compute (SF4xx).

Advice, never a verdict: every finding leaves the model supported. The cost
model decides what is worth a word (``sensorfit.latency.advice``); here it
becomes a finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..graph.ir import Graph
from ..latency.model import CHANNEL_STEP, FULL_RESOLUTION, RESIZE_FIRST, LatencyReport
from ..target import Target, read_facts
from ..verify.family import LATENCY
from ..verify.finding import Finding
from ..verify.rule import Issue, rule


def findings(graph: Graph, latency: LatencyReport, target: Target) -> Iterator[Finding]:
    """A finding for each change that pays; ``graph`` is the device graph that ``latency`` was estimated for."""
    from ..verify.engine import apply

    return apply("latency", graph, latency, target, graph=graph)


@rule("SF401", "ChannelBlockTime", LATENCY, "latency")
def channel_step(graph: Graph, latency: LatencyReport, target: Target) -> Iterator[Issue]:
    """A channel count just past a multiple of ${cost_model.array.simd}.

    The array works on channels in steps of ${cost_model.array.simd}: the first channel past a
    multiple takes as long as a whole step. Up to ${cost_model.advice.past} channels past a multiple
    are reported, on layers with a share of the runtime worth changing.

    Fails:
        (float[1,32,32,32] x) => (float[1,40,32,32] y) <float[40,32,1,1] w>
        { y = Conv <kernel_shape = [1, 1]> (x, w) }

    Passes:
        (float[1,32,32,32] x) => (float[1,32,32,32] y) <float[32,32,1,1] w>
        { y = Conv <kernel_shape = [1, 1]> (x, w) }

    Fix: use the multiple of ${cost_model.array.simd} below, or all channels up to the one above: they cost the same.
    """
    return _advised(CHANNEL_STEP, graph, latency, target)


@rule("SF402", "DepthwiseAtFullResolution", LATENCY, "latency")
def full_resolution(graph: Graph, latency: LatencyReport, target: Target) -> Iterator[Issue]:
    """A depthwise convolution at full resolution.

    It multiplies little and moves the largest tensors of the network there
    and back, so the path to memory sets its time.

    Fails:
        (float[1,32,64,64] x) => (float[1,32,64,64] y) <float[32,1,3,3] w>
        { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], group = 32> (x, w) }

    Passes:
        (float[1,32,64,64] x) => (float[1,32,32,32] y) <float[32,1,3,3] w>
        { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2], group = 32> (x, w) }

    Fix: work at half the resolution there: start with a strided convolution, or end the decoder one stage earlier.
    """
    return _advised(FULL_RESOLUTION, graph, latency, target)


@rule("SF403", "ResizeBeforePointwise", LATENCY, "latency")
def resize_first(graph: Graph, latency: LatencyReport, target: Target) -> Iterator[Issue]:
    """A resize before a 1x1 convolution.

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
    """
    return _advised(RESIZE_FIRST, graph, latency, target)


def _advised(kind: str, graph: Graph, latency: LatencyReport, target: Target) -> Iterator[Issue]:
    """The cost model's advice of one kind."""
    chosen = [advice for advice in latency.advice if advice.kind == kind]
    if not chosen:
        return
    warns = read_facts("cost_model", target)["advice"]["warn"]
    nodes = {node.name: node for node in graph.nodes}
    for advice in chosen:
        share = advice.saved / latency.cycles if latency.cycles else 0.0
        yield Issue.accepted(
            advice.reason,
            advice.fix,
            severity="warning" if share >= warns else "info",
            node=nodes.get(advice.node),
            basis="inferred",
            message=f"{advice.text}: {share:.1%} of the estimated runtime could be saved",
            evidence=f"cost model fitted on {latency.measurements} measurements, median error {latency.error_median:.0%}",
        )
