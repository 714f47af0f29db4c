"""A finished build as a value, and the files that it consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..convert.messages import ConverterMemory
from ..convert.toolchain import (
    PACKAGER,
)
from ..quantize.fidelity import Fidelity
from ..quantize.layers import LayerBits, LayerFidelity
from .gain import Gain
from .samples import Sample
from .stages import Stage

if TYPE_CHECKING:
    from ..memory.model import Step
    from ..report.report import Report


PACKAGE = "packerOut.zip"
"""What the converter writes."""
RPK = "network.rpk"
RPK_COMMAND = f"{PACKAGER} -i {PACKAGE} -o ."


@dataclass(frozen=True)
class Normalisation:
    """The normalisation inside the graph, and what it costs by our memory model; () for none."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    weights_bytes: int = 0
    runtime_bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``form`` says how it stands in the graph."""
        return {
            "form": "per-channel Mul and Add at the input" if self.mean else "none",
            "input": "RGB in [0, 1]",
            "mean": list(self.mean),
            "std": list(self.std),
            "weights_bytes": self.weights_bytes,
            "runtime_bytes": self.runtime_bytes,
        }


@dataclass(frozen=True)
class Build:
    """A finished build: where it is and what was found on the way."""

    name: str
    directory: Path
    report: Report
    memory: ConverterMemory
    fidelity: Fidelity
    """Of the first output."""
    outputs: tuple[Fidelity, ...]
    layers: LayerFidelity
    bits: tuple[LayerBits, ...]
    debug: bool
    """Whether every layer is to be shown."""
    normalisation: Normalisation
    calibration: str
    warnings: tuple[str, ...]
    files: tuple[str, ...]
    stages: tuple[Stage, ...]
    command_bytes: int = 0
    """Of the package; the memory report leaves them out."""
    timeline: tuple[Step, ...] = ()
    """The converter's own schedule; () where it did not say."""
    gain: Gain | None = None
    """What the settings of MCT gain that are not its defaults here; None where there is none, or where it was not measured."""
    rewrites: Mapping[str, int] = field(default_factory=dict)
    """How often --fix applied each rewrite."""
    samples: tuple[Sample, ...] = ()
    """Calibration images with both graphs' masks; () where the output is none."""
