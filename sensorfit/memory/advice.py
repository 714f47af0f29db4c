"""What makes the peak, and what smaller tensors would win."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import Graph
from .layout import Extent, Layout, MemoryFacts, round_up, tensor_bytes
from .lifetimes import Lifetime
from .model import Culprit, Padding
from .peak import needed_bytes

JUST_PAST = 4
"""Channels count as just past a boundary when they fill at most a quarter of their last block."""


MOST_CULPRITS = 16
"""Tensors looked at, largest first; below these nothing moves the peak."""


def culprits(
    graph: Graph, alive: Sequence[Lifetime], sets: Sequence[Sequence[Lifetime]], facts: MemoryFacts
) -> tuple[Culprit, ...]:
    """The tensors alive at the peak (``alive``), with the peak if each had fewer channels or were gone."""
    bytes_of: dict[str, int] = {}
    for span in alive:
        bytes_of[span.buffer.tensor] = bytes_of.get(span.buffer.tensor, 0) + span.buffer.bytes
    largest = sorted(bytes_of, key=lambda tensor: -bytes_of[tensor])[:MOST_CULPRITS]
    needed = [needed_bytes([span.buffer.bytes for span in step], facts.align) for step in sets]
    where: dict[str, list[int]] = {tensor: [] for tensor in largest}
    for index, step in enumerate(sets):
        for tensor in {span.buffer.tensor for span in step} & where.keys():
            where[tensor].append(index)
    ranked = sorted(range(len(sets)), key=lambda index: -needed[index])
    found = []
    for tensor in largest:
        producer = graph.producer_of(tensor)
        shape = graph.shape(tensor) if tensor in graph.tensors else None
        known = tuple(int(d) for d in shape if d is not None) if shape else ()
        channels = known[1] if len(known) == 4 else 0
        fewer = (
            (channels - 1) // facts.channel_block * facts.channel_block
            if channels > facts.channel_block
            else 0
        )
        ratio = (
            round_up(fewer, facts.channel_block) / round_up(channels, facts.channel_block) if fewer else 1.0
        )
        mine = set(where[tensor])
        others = next((needed[index] for index in ranked if index not in mine), 0)
        steps = [sets[index] for index in where[tensor]]
        found.append(
            Culprit(
                tensor=tensor,
                node=producer.name if producer else "",
                bytes=bytes_of[tensor],
                shape=known,
                fewer_channels=fewer,
                runtime_if_fewer=max(others, _runtime(steps, tensor, ratio, facts)) if fewer else 0,
                runtime_if_gone=max(others, _runtime(steps, tensor, 0.0, facts)),
            )
        )
    return tuple(found)


def _runtime(sets: Sequence[Sequence[Lifetime]], tensor: str, scale: float, facts: MemoryFacts) -> int:
    """Bytes that these steps need with the buffers of one tensor scaled."""
    highest = 0
    for alive in sets:
        sizes = [int(s.buffer.bytes * scale) if s.buffer.tensor == tensor else s.buffer.bytes for s in alive]
        highest = max(highest, needed_bytes([size for size in sizes if size], facts.align))
    return highest


def padding(graph: Graph, spans: Sequence[Lifetime], facts: MemoryFacts) -> tuple[Padding, ...]:
    """Tensors in blocks whose channels lie just past a boundary."""
    block = facts.channel_block
    found: dict[str, Padding] = {}
    for span in spans:
        tensor = span.buffer.tensor
        if span.buffer.layout is not Layout.BLOCKS or tensor in found:
            continue
        shape = graph.shape(tensor) if tensor in graph.tensors else None
        producer = graph.producer_of(tensor)
        if producer is None or shape is None or len(shape) != 4 or any(d is None for d in shape):
            continue
        _, channels, rows, columns = (int(d) for d in shape if d is not None)
        past = channels % block
        if channels <= block or not past or past > block // JUST_PAST:
            continue
        last = tensor_bytes(Extent(block, rows, columns), Layout.BLOCKS, facts)
        found[tensor] = Padding(
            producer.name, tensor, channels, round_up(channels, block), channels - past, last
        )
    return tuple(sorted(found.values(), key=lambda item: (-item.bytes, item.node)))
