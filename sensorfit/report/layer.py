"""A node of the network with what it takes on the device."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

SORTS: Final = ("weights", "memory", "time")
"""What layers can be listed by."""


class Layer(NamedTuple):
    """A node of the folded graph; what is fused into another takes nothing of its own. Bytes, MACs, DSP cycles."""

    node: str
    op: str
    shape: tuple[int | None, ...] | None
    """Of its first output."""
    reads: tuple[int, ...] = ()
    """The places, in the list of layers, of the nodes that it reads."""
    weights_bytes: int = 0
    activation_bytes: int = 0
    """What its widest step writes, padded as on the device."""
    macs: int = 0
    cycles: int = 0
    bits: int = 0
    """Of a weight; 0 where it has none."""
    runs_in: str = ""
    """The node that it is fused into, "" where it runs by itself."""
    cycles_low: int = 0
    cycles_high: int = 0
    """Between which the cost model leaves ``cycles``."""

    def value(self, by: str) -> int:
        """What it is sorted by: "weights", "memory" or "time"."""
        return {"weights": self.weights_bytes, "memory": self.activation_bytes, "time": self.cycles}[by]


def node_of(step: str, names: Collection[str]) -> str:
    """The node that a step of the plan belongs to: ``/c/Conv/phase-0`` is one of ``/c/Conv``; "" where it is none's."""
    while step not in names:
        step, slash, _ = step.rpartition("/")
        if not slash:
            return ""
    return step
