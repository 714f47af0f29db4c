"""What makes the peak, and what smaller tensors would win."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import Graph
from .layout import Extent, Layout, MemoryFacts, round_up, tensor_bytes
from .lifetimes import Lifetime
from .model import Culprit, Padding
from .peak import Needs

JUST_PAST = 4
"""Channels count as just past a boundary when they fill at most a quarter of their last block."""


MOST_CULPRITS = 16
"""Tensors looked at, largest first; below these nothing moves the peak."""


def culprits(
    graph: Graph, spans: Sequence[Lifetime], needs: Needs, peak: int, facts: MemoryFacts
) -> tuple[Culprit, ...]:
    """The tensors alive at step ``peak``, with the largest need if each had fewer channels or were gone."""
    bytes_of: dict[str, int] = {}
    for span in spans:
        if span.first <= peak <= span.last:
            bytes_of[span.buffer.tensor] = bytes_of.get(span.buffer.tensor, 0) + span.buffer.bytes
    largest = sorted(bytes_of, key=lambda tensor: -bytes_of[tensor])[:MOST_CULPRITS]
    lives: dict[str, list[Lifetime]] = {tensor: [] for tensor in largest}
    for span in spans:
        if span.buffer.tensor in lives:
            lives[span.buffer.tensor].append(span)
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
        others = needs.without(lives[tensor])
        found.append(
            Culprit(
                tensor=tensor,
                node=producer.name if producer else "",
                bytes=bytes_of[tensor],
                shape=known,
                fewer_channels=fewer,
                runtime_if_fewer=max(others, needs.scaled(lives[tensor], ratio)) if fewer else 0,
                runtime_if_gone=max(others, needs.scaled(lives[tensor], 0.0)),
            )
        )
    return tuple(found)


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
