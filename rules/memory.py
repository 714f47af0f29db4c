"""Memory: does it fit, by how much, and what the padding costs (SF3xx)."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..graph.ir import Graph, Node
from ..memory.model import (
    FIVE_AXES,
    GROUPS,
    INTEGER_WEIGHTS,
    MANY_HEADS,
    MANY_PHASES,
    MANY_PLACES,
    MemoryReport,
)
from ..target import Target, read_facts
from ..verify.family import MEMORY
from ..verify.finding import Finding, Support
from ..verify.rule import Issue, rule
from .ways_out import size_text, ways_out

SMALL_HEADROOM = 0.05
"""Headroom below this share of the budget is worth a word: a retrained head or a new input size eats it."""
EVIDENCE = "memory model read off converter listings (docs/memory.md has its errors)"


def findings(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Finding]:
    """What the memory report means; ``graph`` is the device graph that it was made from."""
    from ..verify.engine import apply

    return apply("memory", graph, memory, target, graph=graph)


@rule("SF301", "OutOfMemory", MEMORY, "memory")
def out_of_memory(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Issue]:
    """The model needs more memory than the sensor has.

    Weights, activations and a reserved block share ${target.memory.budget_bytes:,} bytes on
    the chip; there is no other memory. The prediction follows the
    converter's own layout (docs/memory.md has its errors), and names the
    layer and tensor at the peak. Over the budget the converter cuts layers
    into tiles of rows and tries once more: SF305 where that is expected to
    be enough. Where it is not known the verdict is "unknown".

    Fails:
        (float[1,3,640,640] x) => (float[1,64,640,640] y) <float[64,3,3,3] w>
        { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

    Passes:
        (float[1,3,96,96] x) => (float[1,64,96,96] y) <float[64,3,3,3] w>
        { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

    Fix: fewer channels at the peak, a smaller input, an earlier stride, or --no-input-persistency where only the
    input is in the way; the finding says how much each wins.
    """
    if memory.fits or (support := after_tiling(graph, memory, target)) == "supported":
        return
    ways, node = "; or ".join(ways_out(memory, _image(graph))), _at_peak(graph, memory)
    if support == "unknown":
        yield _issue(
            "over the memory unless the converter's tiling succeeds",
            f"{ways}; or {_ASK}",
            f"{_as_it_stands(memory)}; the converter then cuts layers into tiles of rows, which may bring it under",
            severity="error",
            support="unknown",
            node=node,
        )
        return
    total = memory.tiled_total_bytes
    yield _issue(
        "the model needs more memory than the sensor has",
        ways,
        f"needs {memory.total_bytes:,} B of {memory.budget_bytes:,} B, {-memory.headroom_bytes:,} B too many "
        f"(weights {memory.weights_bytes:,} B, runtime {memory.runtime_bytes:,} B)"
        + (
            f"; in the tiles that the converter would cut still {total:,} B"
            if total > memory.budget_bytes
            else ""
        ),
        severity="error",
        support="unsupported",
        node=node,
    )


@rule("SF302", "LittleMemoryLeft", MEMORY, "memory")
def little_headroom(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Issue]:
    """Little memory is left.

    The model fits with less than 5 % of the budget to spare: a larger head
    or input may not fit any more. Where next to nothing is left: SF306.

    Fails:
        (float[1,3,248,248] x) => (float[1,64,248,248] y) <float[64,3,3,3] w>
        { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

    Passes:
        (float[1,3,224,224] x) => (float[1,64,224,224] y) <float[64,3,3,3] w>
        { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

    Fix: build it to be sure, as the prediction may be off by more than what is left; where the converter stops, build with
    --no-input-persistency. Enlarge neither the input nor the widest layers.
    """
    if memory.nearly_full:
        return
    if memory.complete and 0 <= memory.headroom_bytes < SMALL_HEADROOM * memory.budget_bytes:
        kept = memory.input_persistence_bytes if memory.input_persistency else 0
        freed = f"where the converter stops, --no-input-persistency frees {size_text(kept)}; " if kept else ""
        yield _issue(
            f"less than {SMALL_HEADROOM * 100:g} % of the memory is left",
            f"almost full, build it to be sure: the prediction may be off by more than what is left (docs/memory.md); {freed}"
            "enlarge neither the input nor the widest layers",
            f"fits with {memory.headroom_bytes:,} B to spare of {memory.budget_bytes:,} B",
            severity="info",
            node=_at_peak(graph, memory),
        )


@rule("SF303", "ChannelBlockMemory", MEMORY, "memory")
def channel_block(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Issue]:
    """A channel count just past a block of ${memory.layout.channel_block}.

    Activations are stored in blocks of ${memory.layout.channel_block} channels: the first channel
    past a block takes the room of another whole block.

    Fails:
        (float[1,3,64,64] x) => (float[1,32,64,64] y) <float[40,3,3,3] v, float[32,40,3,3] w>
        { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, v)
          y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, w) }

    Passes:
        (float[1,3,64,64] x) => (float[1,32,64,64] y) <float[32,3,3,3] v, float[32,32,3,3] w>
        { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, v)
          y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, w) }

    Fix: use the multiple of ${memory.layout.channel_block} below, or all channels up to the one above.
    """
    if not memory.complete:
        return
    block = read_facts("memory", target)["layout"]["channel_block"]
    for item in memory.padding:
        producer = graph.producer_of(item.tensor)
        yield _issue(
            f"channels just past a block of {block}",
            f"use {item.boundary} channels, or up to {item.paid_channels} at the same cost",
            f"{item.channels} channels are stored as {item.paid_channels}: "
            f"the last {item.channels - item.boundary} cost {item.bytes:,} B",
            severity="info",
            node=producer,
            tensor=item.tensor,
            evidence=f"rules/{target.name}/memory.toml, layout.channel_block",
            basis="measured",
        )


@rule("SF304", "MemoryCountedInPart", MEMORY, "memory")
def counted_in_part(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Issue]:
    """The memory is counted only in part.

    Some weights are computed, not stored, or belong to another tool's
    quantization (ConvInteger); or a layer runs in parts whose memory is not
    known (a quantized GroupNormalization with quantizers between its operators, a huge
    stride, a Gather of thousands of places). The verdict is "unknown" then.

    Fails:
        (float[1,16,32,32] x) => (float[1,1,32,32] y)
        { k = GlobalAveragePool (x) y = Conv <kernel_shape = [1, 1]> (x, k) }

    Passes:
        (float[1,16,32,32] x) => (float[1,1,32,32] y) <float[1,16,1,1] k>
        { y = Conv <kernel_shape = [1, 1]> (x, k) }

    Fix: make the weights constants of known shape: export with constant folding, or run onnxslim; of a file that
    another tool has quantized, check the float model; of a layer that runs in parts, what the finding says.
    """
    if memory.complete or not memory.fits or not _sized(graph):  # without sizes SF502 or SF514 has named why
        return
    from ..memory.weights import has_unknown_weights  # here: seldom asked, and the memory half's own

    yield _issue(
        "the memory could be counted only in part",
        _whole(memory),
        f"at least {memory.total_bytes:,} B; not all of the memory could be counted: {'; '.join(memory.missing)}",
        severity="warning",
        support="unknown",
        node=next((n for n in graph.nodes if has_unknown_weights(graph, n)), None),
    )


@rule("SF305", "FitsInTiles", MEMORY, "memory")
def fits_in_tiles(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Issue]:
    """The model fits only with the rows of layers cut into tiles.

    As it stands it is over the budget. The converter then cuts the rows of
    the layers around the peak into tiles, which run one after the other
    and need less memory at a time (docs/memory.md, "Over the budget"). The
    bytes are a prediction of its second attempt. Tiles overlap, so the
    network takes longer than the latency here, which is that without them.

    Fails:
        (float[1,3,320,320] x) => (float[1,8,320,320] y) <float[16,3,3,3] u, float[64,16,3,3] v, float[8,64,3,3] w>
        { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, u)
          b = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, v)
          y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (b, w) }

    Passes:
        (float[1,3,96,96] x) => (float[1,8,96,96] y) <float[16,3,3,3] u, float[64,16,3,3] v, float[8,64,3,3] w>
        { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, u)
          b = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, v)
          y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (b, w) }

    Fix: nothing, if the time is no matter; else what SF301 advises.
    """
    tiling = memory.tiling
    if memory.fits or tiling is None or after_tiling(graph, memory, target) != "supported":
        return
    weights = memory.weights_bytes + tiling.more_weights_bytes
    yield _issue(
        "fits only with the rows of layers cut into tiles",
        "nothing, if the time that tiles cost is no matter (they overlap, and the latency here is that without them); "
        f"else {'; or '.join(ways_out(memory, _image(graph)))}",
        f"{_as_it_stands(memory)}; the converter cuts the rows from {tiling.first} to {tiling.last} into {tiling.tiles} tiles, "
        f"which should take {memory.tiled_total_bytes:,} B (weights {weights:,} B, runtime {tiling.runtime_bytes:,} B)",
        severity="warning",
        node=_at_peak(graph, memory),
    )


@rule("SF306", "NearlyFull", MEMORY, "memory")
def nearly_full(graph: Graph, memory: MemoryReport, target: Target) -> Iterator[Issue]:
    """The memory is full but for what the converter's steps may still take.

    The converter needs a little more than its memory report says, the more
    the longer the network: it stops on networks whose report says that
    they fit. Of 321 convolutions it did with 3,872 B left, of
    DenseNet-121 at 64x64 with 11,488 B, and packaged others of that kind
    with 13,600 and 13,248 B left (docs/memory.md). The verdict is "unknown"
    below ${memory.unreported.step_bytes} B a step. Where attention is cut
    into more than ${memory.estimates.many_products} products of heads and
    windows, its plan of the many buffers takes up to
    ${memory.estimates.products_error:.0%} more runtime than counted, which
    has to be free as well.

    Fails:
        (float[1,3,498,442] x) => (float[1,3,498,442] y)
        { a = Relu (x) y = Sigmoid (a) }

    Passes:
        (float[1,3,498,400] x) => (float[1,3,498,400] y)
        { a = Relu (x) y = Sigmoid (a) }

    Fix: build with --no-input-persistency, which frees what the kept input takes, or make the widest layer or the input a
    little smaller; or build it to know.
    """
    if memory.nearly_full:
        smaller = "make the input or the widest layer a little smaller, or build it to know"
        yield _issue(
            "the memory is full but for what the converter's steps may still take",
            f"build with --no-input-persistency, which frees {size_text(memory.input_persistence_bytes)}; or {smaller}"
            if memory.fits_without_kept_input
            else smaller,
            f"{memory.headroom_bytes:,} B are left of {memory.budget_bytes:,} B, and the converter needs up to about "
            f"{memory.unreported_bytes:,} B more than is counted here",
            severity="warning",
            support="unknown",
            node=_at_peak(graph, memory),
        )


def _issue(reason: str, fix: str, message: str, **more: Any) -> Issue:
    given = {"support": "supported", "basis": "inferred", "evidence": EVIDENCE, **more}
    return Issue(reason, fix, code="", message=message, **given)


def _as_it_stands(memory: MemoryReport) -> str:
    return (
        f"needs {memory.total_bytes:,} B of {memory.budget_bytes:,} B as it stands, "
        f"{-memory.headroom_bytes:,} B too many"
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


def _sized(graph: Graph) -> bool:
    """Whether every tensor that is computed and used has a known size."""
    tensors = (t for n in graph.nodes for t in n.outputs if graph.consumers_of(t) or t in graph.outputs)
    return all(graph.tensors[t].static for t in tensors if t in graph.tensors)


_ASK = "build it to count the rest (of a quantized graph: check --confirm)"
_COUNTABLE = {
    INTEGER_WEIGHTS: "check the float model that this file was quantized from; sensorfit build quantizes it with MCT",
    GROUPS: "run sensorfit fix on the float file, which spells it out, and quantize that: no form of it is packaged (SF132)",
    FIVE_AXES: f"{_ASK}; or pool with MaxPool over an image's rows and columns",
    MANY_PLACES: "leave the Gather to the host (sensorfit fix MODEL --cut TENSOR), or gather whole rows: 2,048 single cells were not packaged in seven minutes",
    MANY_HEADS: "run sensorfit fix, which writes a vector times a matrix for each of many places as a Mul and a ReduceSum; else have fewer places (windows, heads, cells)",
    MANY_PHASES: f"{_ASK}; or reach the stride in several steps, by convolutions or pooling",
}
"""What makes the memory countable, by why it is not."""


def _whole(memory: MemoryReport) -> str:
    """What makes the memory countable."""
    known = next((fix for why, fix in _COUNTABLE.items() if why in memory.missing), "")
    known = known.replace("TENSOR", shlex.quote(",".join(memory.cut))) if memory.cut else known
    return (
        known or "make the weights constants of known shape (export with constant folding, or run onnxslim)"
    )


def _image(graph: Graph) -> Sequence[int | None]:
    """The shape of the first input."""
    return (graph.inputs and graph.shape(graph.inputs[0])) or ()
