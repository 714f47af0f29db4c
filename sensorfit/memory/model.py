"""What the memory analysis answers: bytes, the plan step by step, the peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

COMPUTED_WEIGHTS = "the weights of some convolutions are computed or of unknown shape: they count as nothing"
INTEGER_WEIGHTS = (
    "the weights of ConvInteger and MatMulInteger, another tool's quantization, count as nothing: nobody knows them "
    "as the sensor would store them before MCT has quantized the float model"
)
"""Why the weights are counted in part."""
GROUPS = "GroupNormalization with quantizers between its operators: the converter runs it in parts that need several times the memory"
FIVE_AXES = "reductions other than means and sums over tensors of more than four dimensions: a Hiera with such maxima took 7 % more memory in all than counted (docs/build.md)"
MANY_PHASES = (
    "a convolution's stride cuts its input into more phases than were asked: its steps are not counted"
)
MANY_PLACES = "a Gather of more separate places than were asked: each is a step, and they are not counted"
MANY_HEADS = "a matrix product of more heads than were asked: each is several steps, and they are not counted"
"""Why the runtime memory is counted in part."""


class Live(NamedTuple):
    """A tensor alive at a step: its bytes in L2 and why it is alive."""

    tensor: str
    bytes: int
    why: str = ""
    offset: int = -1
    """Where the plan places it, in bytes from the start of the runtime memory; -1 when not placed."""


class Step(NamedTuple):
    """One step of the schedule with everything alive during it."""

    node: str
    op: str
    live: tuple[Live, ...]

    @property
    def bytes(self) -> int:
        """Bytes alive during the step."""
        return sum(item.bytes for item in self.live)


class Culprit(NamedTuple):
    """A tensor of the peak step, and what the peak would be if it were smaller."""

    tensor: str
    node: str
    """The graph's node that makes it, "" for an input or scratch space."""
    bytes: int
    shape: tuple[int, ...] = ()
    fewer_channels: int = 0
    """The next lower channel count that fills its blocks; 0 where there is none."""
    runtime_if_fewer: int = 0
    """Runtime bytes with that channel count, everything else as it is."""
    runtime_if_gone: int = 0
    """Runtime bytes if it took nothing: the most that shrinking it can win."""


class Padding(NamedTuple):
    """Channels just past a block boundary: what the last few channels cost."""

    node: str
    tensor: str
    channels: int
    paid_channels: int
    boundary: int
    """The channel count just below, which costs a block less."""
    bytes: int
    """Bytes of the tensor that this last block takes."""


class LargestInput(NamedTuple):
    """The largest (height, width) of an aspect ratio that fits, or why there is none."""

    aspect: tuple[int, int]
    """Width to height."""
    size: tuple[int, int] | None
    """Height and width in pixels; None when no size fits or the model cannot be resized."""
    total_bytes: int = 0
    reason: str = ""
    """Why ``size`` is None, or what limits it."""
    tiled_size: tuple[int, int] | None = None
    """A larger one that the converter is expected to package in tiles; None where none was found."""
    tiled_total_bytes: int = 0


class OnHost(NamedTuple):
    """The memory with the last enlargement left to the host."""

    nodes: tuple[str, ...]
    """The Resize nodes that stay behind."""
    total_bytes: int


class Tiling(NamedTuple):
    """The rows of the layers from ``first`` to ``last`` cut into tiles, as the converter tries over the budget."""

    first: str
    last: str
    """Names of the nodes between which the tiles run."""
    tiles: int
    operators: tuple[str, ...]
    """The operators of the layers that are cut, whichever of the possible boundaries the converter takes."""
    runtime_bytes: int = 0
    """Runtime bytes of the network with these tiles; 0 where they cannot be counted (branches, operators not seen in tiles)."""
    more_weights_bytes: int = 0
    """What the tiles add to the weights."""
    bound_bytes: int = 0
    """The runtime bytes that no order of these tiles can beat."""


@dataclass(frozen=True)
class MemoryReport:
    """Bytes on the device. ``runtime_bytes`` leaves out the input-persistence cost, which
    ``total_bytes`` contains only when ``input_persistency`` is on."""

    budget_bytes: int
    weights_bytes: int
    runtime_bytes: int
    input_persistence_bytes: int
    reserved_bytes: int
    input_persistency: bool
    bound_bytes: int
    """The runtime bytes no schedule can beat."""
    weight_bits: int = 8
    """At which kernels and matrices of a float graph are counted."""
    steps: Sequence[Step] = ()
    peak_step: int = -1
    notes: tuple[str, ...] = field(default=())
    """What was estimated rather than known, as sentences; empty when the model covers every node."""
    repeated_bytes: int = 0
    """Of the weights: kernels and matrices that several nodes read, stored for each, beyond their first use. Counted over the
    budget alone."""
    complete: bool = True
    """Whether every tensor and weight could be counted; False when shapes are unknown, so that no verdict holds."""
    missing: tuple[str, ...] = ()
    """Those of ``notes`` that say what could not be counted; empty when ``complete``."""
    cut: tuple[str, ...] = ()
    """The tensors behind which what could not be counted lies, where leaving that to the host is the way out."""
    culprits: tuple[Culprit, ...] = ()
    """What is alive at the peak, largest first."""
    padding: tuple[Padding, ...] = ()
    """Tensors whose channels lie just past a block boundary, most wasteful first."""
    unreported_bytes: int = 0
    """What the converter may need beside all that is counted (SF306)."""
    plan_bytes: int = 0
    """Height of the placement in ``steps`` (offsets); at least ``bound_bytes``."""
    tiling: Tiling | None = None
    """The tiles that the converter is expected to try; None within the budget and where it finds none."""
    resize_on_host: OnHost | None = None
    """Without the Resize that enlarges to the output; None within the budget and where no output ends in one."""
    largest_inputs: tuple[LargestInput, ...] = ()
    """The largest square and 4:3 inputs that fit, where asked for."""

    @property
    def total_bytes(self) -> int:
        """Weights, runtime and reserved block, plus the input persistence when on."""
        extra = self.input_persistence_bytes if self.input_persistency else 0
        return self.weights_bytes + self.runtime_bytes + self.reserved_bytes + extra

    @property
    def average_bits(self) -> float:
        """Bits of a weight, on average, at which the network would fit with everything else as it is."""
        kept = self.input_persistence_bytes if self.input_persistency else 0
        left = self.budget_bytes - self.reserved_bytes - self.unreported_bytes - self.runtime_bytes - kept
        return self.weight_bits * left / max(self.weights_bytes, 1)

    @property
    def tiled_total_bytes(self) -> int:
        """The total with the tiles of ``tiling``; 0 where they cannot be counted."""
        if self.tiling is None or not self.tiling.runtime_bytes:
            return 0
        grown = self.tiling.runtime_bytes - self.runtime_bytes + self.tiling.more_weights_bytes
        return self.total_bytes + grown

    @property
    def packaged_bytes(self) -> int:
        """The total as the converter would package it: with tiles where it cuts them."""
        return self.tiled_total_bytes or self.total_bytes

    @property
    def headroom_bytes(self) -> int:
        """Budget less total; negative when it does not fit."""
        return self.budget_bytes - self.total_bytes

    @property
    def fits(self) -> bool:
        """Whether the total is within the budget."""
        return self.headroom_bytes >= 0

    @property
    def nearly_full(self) -> bool:
        """Whether less is left than the converter may need beside its report."""
        return self.complete and 0 <= self.headroom_bytes < self.unreported_bytes

    @property
    def fits_without_kept_input(self) -> bool:
        """Whether it is nearly full only because the input is kept."""
        kept = self.input_persistence_bytes if self.input_persistency else 0
        return self.nearly_full and self.headroom_bytes + kept >= self.unreported_bytes
