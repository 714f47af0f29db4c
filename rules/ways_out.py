"""Changes that would make a network fit the memory, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ..memory.model import MemoryReport
from ..memory.smaller import mostly_weights, percent, smaller_image
from ..units import show_shape

FEWEST_BITS = 2
"""Of a weight: MCT has 8, 4 and 2."""


def ways_out(memory: MemoryReport, image: Sequence[int | None] = ()) -> list[str]:
    """Changes that would make a model fit, the smallest first; at least one sentence. ``image``: the input's shape."""
    over = -memory.headroom_bytes
    ways = []
    if memory.input_persistency and memory.input_persistence_bytes >= over:
        ways.append(f"convert with --no-input-persistency (wins {size_text(memory.input_persistence_bytes)})")
    for culprit in memory.culprits:
        if culprit.fewer_channels and memory.runtime_bytes - culprit.runtime_if_fewer >= over:
            ways.append(
                f"give {culprit.node} {culprit.fewer_channels} channels instead of {culprit.shape[1]} "
                f"(wins {size_text(memory.runtime_bytes - culprit.runtime_if_fewer)})"
            )
            break
    host = memory.resize_on_host
    if host is not None and host.total_bytes <= memory.budget_bytes:
        ways.append(
            f"leave the last Resize ({', '.join(host.nodes)}) to the host: {size_text(host.total_bytes)} instead of {size_text(memory.total_bytes)}"
        )
    fixed = memory.weights_bytes + memory.reserved_bytes
    fewer = _in_fewer_bits(memory)
    if fixed < memory.budget_bytes:
        if mostly_weights(memory):
            ways.append(
                f"{fewer}{', or ' if fewer else ''}take a smaller variant of the network: the weights take "
                f"{memory.weights_bytes / memory.budget_bytes:.0%} of the memory, so that no useful input size helps"
            )
        elif smaller := _smaller(memory, image):
            ways.append(smaller)
    else:
        if 2 * memory.repeated_bytes > over:
            ways.append(
                f"share no weights between layers or recurrent steps: {size_text(memory.repeated_bytes)} of them are stored once more for each further layer "
                "(a recurrence's for each step, where convolutions over the whole sequence hold theirs once)"
            )
        here = (
            f"drop {size_text(over)} of weights at this input size; at any size"
            if over < memory.weights_bytes
            else "drop"
        )
        ways.append(
            f"{fewer}{', or ' if fewer else ''}{here} at least {size_text(fixed - memory.budget_bytes)} of weights, since they alone exceed the memory"
            + ("" if over < memory.weights_bytes else ", and make the input smaller")
        )
    return ways


def _smaller(memory: MemoryReport, image: Sequence[int | None]) -> str:
    """The way to a smaller input, as a shape on the grid where there is one; "" where it is small enough."""
    share = percent(memory, image)
    if share >= 100:
        return ""
    if len(image) != 4:
        return f"make the input smaller: to {share} % of its {show_shape(image[1:])} elements or less"
    found = smaller_image(memory, image)
    return f"re-export at {show_shape(found)}" if found else f"scale the input's sides to {share} % or less"


def size_text(size: int) -> str:
    """What a person takes in: ``77.94 MiB``; the report has the bytes."""
    return f"{size / 2**20:,.2f} MiB" if size >= 2**20 / 100 else f"{size:,} B"


def _in_fewer_bits(memory: MemoryReport) -> str:
    """The average width at which the weights would fit beside everything else; "" where MCT has none as small."""
    bits = memory.average_bits
    return (
        f"quantize the weights to {bits:.1f} bits on average (sensorfit build --weights-budget fit)"
        if FEWEST_BITS <= bits < memory.weight_bits
        else ""
    )
