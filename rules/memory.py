"""Memory: does it fit, by how much, and what the padding costs (SF3xx)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isqrt

from ..graph.ir import Graph, Node
from ..memory.model import INTEGER_WEIGHTS, MemoryReport
from ..target import Target, read_facts
from ..verify.finding import Finding, Severity, Support

TOPICS = {
    "SF301": "does-not-fit",
    "SF302": "little-headroom",
    "SF303": "channels-just-past-a-block",
    "SF304": "counted-in-part",
    "SF305": "fits-in-tiles",
}
SMALL_HEADROOM = 0.05
"""Headroom below this share of the budget is worth a word: a retrained head or a new input size eats it."""
EVIDENCE = "memory model read off converter listings (docs/memory.md has its errors)"


def findings(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Finding]:
    """What the memory report means; ``graph`` is the device graph that it was made from."""
    if not memory.fits:  # what is not known only adds to it
        yield _over(graph, memory, target)
    if not memory.complete:
        if memory.fits and _sized(graph):  # otherwise SF502 or SF514 has named what has no size
            yield _counted_in_part(graph, memory)
        return
    if 0 <= memory.headroom_bytes < SMALL_HEADROOM * memory.budget_bytes:
        yield _little_headroom(graph, memory)
    yield from _padding(graph, memory)


def _at_peak(graph: Graph, memory: MemoryReport) -> Node | None:
    """The node that runs at the peak; of a layout change the one it is made for, of an output's the one that writes it."""
    if not 0 <= memory.peak_step < len(memory.steps):
        return None
    nodes = {node.name: node for node in graph.nodes}
    name = memory.steps[memory.peak_step].node
    while name:  # further steps of a node are called "node/what", those before an output "tensor/output"
        if found := nodes.get(name) or graph.producer_of(name):
            return found
        name = name.rpartition("/")[0]
    return None


def _finding(
    rule: str,
    severity: Severity,
    graph: Graph,
    memory: MemoryReport,
    message: str,
    fix: str,
    reason: str,
    support: Support,
    node: Node | None = None,
) -> Finding:
    """A finding about the whole, placed at ``node``."""
    tensor = next((t for t in node.outputs if t), "") if node else ""
    return Finding(
        rule=rule,
        severity=severity,
        node=node.name if node else "",
        op=node.op if node else "",
        message=message,
        fix=fix,
        evidence=EVIDENCE,
        basis="inferred",
        reason=reason,
        support=support,
        tensor=tensor,
        shape=graph.shape(tensor) if tensor else None,
    )


def after_tiling(graph: Graph, memory: MemoryReport, target: Target) -> Support:
    """What becomes of a network over the budget once the converter has cut the rows of layers into tiles.

    "unsupported" where what tiles leave standing is too much already (the
    weights, the reserved block, and the input or the outputs, whole), where
    there is nothing to cut, and where the cut fails on an operator or does not
    win enough; "supported" where its bytes could be counted and are within the budget.
    """
    tiling = memory.tiling
    outputs = sum(graph.tensors[t].elements or 0 for t in graph.outputs if t in graph.tensors)
    standing = memory.weights_bytes + memory.reserved_bytes + max(memory.input_persistence_bytes, outputs)
    if standing > memory.budget_bytes:
        return "unsupported"
    if tiling is None:
        return "unsupported" if memory.complete else "unknown"
    facts = read_facts("memory", target)["tiling"]
    if set(tiling.operators) & set(facts["fails_on"]):
        return "unsupported"
    if not memory.tiled_total_bytes:
        return "unknown"
    if memory.tiled_total_bytes <= (1 - facts["too_low"]) * memory.budget_bytes:
        return "supported"
    least = memory.tiled_total_bytes - tiling.runtime_bytes + tiling.bound_bytes
    return "unsupported" if least > memory.budget_bytes else "unknown"


def packaged_in_tiles(target: Target) -> Callable[[Graph, MemoryReport], bool]:
    """Whether the converter is expected to package a network over the budget in tiles, for ``target``."""
    return lambda graph, memory: after_tiling(graph, memory, target) == "supported"


def _over(graph: Graph, memory: MemoryReport, target: Target) -> Finding:
    """SF305 where tiles are expected to bring it under the budget, SF301 where not."""
    over, total, tiling = -memory.headroom_bytes, memory.tiled_total_bytes, memory.tiling
    support, peak = after_tiling(graph, memory, target), _at_peak(graph, memory)
    ways = "; or ".join(ways_out(memory))
    stands = f"needs {memory.total_bytes:,} B of {memory.budget_bytes:,} B as it stands, {over:,} B too many"
    if support == "supported" and tiling is not None:
        return _finding(
            "SF305",
            "warning",
            graph,
            memory,
            f"{stands}; the converter cuts the rows from {tiling.first} to {tiling.last} into {tiling.tiles} tiles, "
            f"which should take {total:,} B (weights {memory.weights_bytes + tiling.more_weights_bytes:,} B, runtime {tiling.runtime_bytes:,} B)",
            f"nothing, if the time that tiles cost is no matter (they overlap, and the latency here is that without them); else {ways}",
            "fits only with the rows of layers cut into tiles",
            "supported",
            peak,
        )
    if support == "unknown":
        return _finding(
            "SF301",
            "error",
            graph,
            memory,
            f"{stands}; the converter then cuts layers into tiles of rows, which may bring it under",
            f"ask the converter (sensorfit build, or --confirm on the quantized graph); or {ways}",
            "over the memory unless the converter's tiling succeeds",
            "unknown",
            peak,
        )
    return _finding(
        "SF301",
        "error",
        graph,
        memory,
        f"needs {memory.total_bytes:,} B of {memory.budget_bytes:,} B, {over:,} B too many "
        f"(weights {memory.weights_bytes:,} B, runtime {memory.runtime_bytes:,} B)"
        + (
            f"; in the tiles that the converter would cut still {total:,} B"
            if total > memory.budget_bytes
            else ""
        ),
        ways,
        "the model needs more memory than the sensor has",
        "unsupported",
        peak,
    )


def _little_headroom(graph: Graph, memory: MemoryReport) -> Finding:
    return _finding(
        "SF302",
        "info",
        graph,
        memory,
        f"fits with {memory.headroom_bytes:,} B to spare of {memory.budget_bytes:,} B",
        "keep the input size and the widest layers; a larger head may no longer fit",
        "less than 5 % of the memory is left",
        "supported",
        _at_peak(graph, memory),
    )


def _sized(graph: Graph) -> bool:
    """Whether every tensor that is computed and used has a known size."""
    tensors = (t for n in graph.nodes for t in n.outputs if graph.consumers_of(t) or t in graph.outputs)
    return all(graph.tensors[t].static for t in tensors if t in graph.tensors)


def _whole(memory: MemoryReport) -> str:
    """What makes the memory countable."""
    if INTEGER_WEIGHTS in memory.missing:
        return (
            "check the float model that this file was quantized from; sensorfit build quantizes it with MCT"
        )
    return "make the weights constants of known shape (export with constant folding, or run onnxslim)"


def _counted_in_part(graph: Graph, memory: MemoryReport) -> Finding:
    from ..memory.weights import has_unknown_weights  # here: seldom asked, and the memory half's own

    return _finding(
        "SF304",
        "warning",
        graph,
        memory,
        f"at least {memory.total_bytes:,} B; not all of the memory could be counted: {'; '.join(memory.missing)}",
        _whole(memory),
        "the memory could be counted only in part",
        "unknown",
        next((n for n in graph.nodes if has_unknown_weights(graph, n)), None),
    )


def ways_out(memory: MemoryReport) -> list[str]:
    """Changes that would make a model fit, the smallest first; at least one sentence."""
    over = -memory.headroom_bytes
    ways = []
    if memory.input_persistency and memory.input_persistence_bytes >= over:
        ways.append(f"convert with --no-input-persistency (wins {memory.input_persistence_bytes:,} B)")
    for culprit in memory.culprits:
        if culprit.fewer_channels and memory.runtime_bytes - culprit.runtime_if_fewer >= over:
            ways.append(
                f"give {culprit.node} {culprit.fewer_channels} channels instead of {culprit.shape[1]} "
                f"(wins {memory.runtime_bytes - culprit.runtime_if_fewer:,} B)"
            )
            break
    fixed = memory.weights_bytes + memory.reserved_bytes
    if fixed < memory.budget_bytes:
        scaling = memory.runtime_bytes + (memory.input_persistence_bytes if memory.input_persistency else 0)
        percent = isqrt(10_000 * (memory.budget_bytes - fixed) // max(scaling, 1))
        if percent < 100:
            ways.append(f"scale the input's sides to about {percent} % or less")
    else:
        here = (
            f"drop {over:,} B of weights at this input size; at any size"
            if over < memory.weights_bytes
            else "drop"
        )
        ways.append(
            f"{here} at least {fixed - memory.budget_bytes:,} B of weights, since they alone exceed the memory"
            + ("" if over < memory.weights_bytes else ", and make the input smaller")
        )
    return ways


def _padding(graph: Graph, memory: MemoryReport) -> Iterator[Finding]:
    for item in memory.padding:
        producer = graph.producer_of(item.tensor)
        yield Finding(
            rule="SF303",
            severity="info",
            node=item.node,
            op=producer.op if producer else "",
            message=f"{item.channels} channels are stored as {item.paid_channels}: "
            f"the last {item.channels - item.boundary} cost {item.bytes:,} B",
            fix=f"use {item.boundary} channels, or up to {item.paid_channels} at the same cost",
            evidence="rules/imx500/memory.toml, layout.channel_block",
            basis="measured",
            reason="channels just past a block of 32",
            tensor=item.tensor,
            shape=graph.shape(item.tensor),
        )
