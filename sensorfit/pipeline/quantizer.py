"""The INT8 graph of a network: as it is asked for, within a budget for its weights, or with other settings to compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Refused
from ..quantize.calibration import CalibrationSet
from ..quantize.options import Quantization
from .budget import MARGIN, TRIES, weights_of
from .stages import Stages

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..quantize.bridge import Source
    from ..report.report import Report


@dataclass(frozen=True)
class Quantizer:
    """A network with all that decides its INT8 graph but MCT's settings."""

    network: Source
    module: Any
    calibration: CalibrationSet
    found: Analysis
    """Of the float graph."""
    seed: int
    input_persistency: bool
    log: Path
    stages: Stages

    def write(self, options: Quantization, path: Path, weights_memory: int | None = None) -> None:
        """Quantize with ``options`` and write the graph to ``path``."""
        from ..quantize.ptq import export_int8, quantize

        target = self.found.target
        quantized = quantize(
            self.module,
            self.calibration,
            target,
            self.seed,
            self.log,
            self.network.batch,
            options,
            weights_memory,
            lambda done, of: self.stages.step(f"gradient-based rounding: epoch {done} of {of}"),
        )
        self.stages.step("export")
        export_int8(quantized, self.calibration, path, target, self.seed, self.log)

    def within(self, budget: int | None, options: Quantization, floating: Path, path: Path) -> int | None:
        """Write the graph, within a ``budget`` for the weights as the bits chosen make them; what MCT was told of it."""
        if budget is None:
            self.write(options, path)
            return None
        weights = weights_of(self.found, floating)
        told, wanted = weights.to_count(budget, weights.counted, weights.most), budget - budget // MARGIN
        for _ in range(TRIES):
            self.stages.step(f"choosing bits for weights within {budget:,} B")
            self.write(options, path, told)
            took = self.report(path).memory.weights_bytes
            if took <= budget:
                return told
            told = weights.to_count(wanted, told, took)
        raise Refused(
            f"{self.network.name}: the bits that MCT chooses take {took:,} B for a --weights-budget of {budget:,} B after "
            f"{TRIES} tries; give a smaller one"
        )

    def report(self, path: Path) -> Report:
        """What the check says of the quantized network, with the bits of its weights."""
        from ..analysis import analyse

        return analyse(path, self.found.target, input_persistency=self.input_persistency).report("converter")
