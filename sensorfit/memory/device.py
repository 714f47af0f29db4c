"""What the sensor runs: buffers and the steps that read and write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .layout import Layout

TRANSFORM = "Transform"
OUTPUT = "Output"
"""What steps of our own are called that are no operator's."""


class Buffer(NamedTuple):
    """A piece of runtime memory: one tensor in one layout, or the scratch space of a step."""

    name: str
    bytes: int
    tensor: str
    layout: Layout | None = None


class Operation(NamedTuple):
    """One step on the device: an operator of the graph, or a change of layout before it."""

    name: str
    op: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    scratch: str = ""
    block: str = ""
    """Steps of one block run one after the other, as a single step in the search for an order."""
    part: str = ""
    """The node whose input these steps prepare; "" for the step of a node itself."""
    called: str = ""
    """What the converter calls the node of this step, as far as that decides its place (``graph.called``)."""


@dataclass
class Program:
    """Operations in the order they run, and the buffers they name."""

    operations: list[Operation] = field(default_factory=list)
    buffers: dict[str, Buffer] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    input_bytes: int = 0
    fused: set[str] = field(default_factory=set)
    """Buffers whose step has an activation or a sum riding on it."""
    notes: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    """Why not everything could be counted, as sentences."""
