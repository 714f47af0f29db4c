"""What the latency analysis answers: MACs, cycles, milliseconds with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple


class LayerCost(NamedTuple):
    """One layer of the device graph: multiply-accumulates and estimated DSP cycles."""

    node: str
    op: str
    macs: int
    cycles: int
    kind: str = ""
    """dense, pointwise, depthwise, fully_connected, elementwise, resample, ..."""
    hint: str = ""
    """What would make it cheaper, "" when nothing stands out."""
    elements: int = 0
    """Output elements of a layer without MACs (element-wise, resampling, pooling, movement), else 0."""
    bound: str = ""
    """What the cycles are spent on: "compute", "memory" or "compute+memory"."""
    cycles_low: int = 0
    cycles_high: int = 0
    """Between which the fitted parameters leave the cycles of this layer alone; no layer was measured by itself."""


CHANNEL_STEP: Final = "channel step"
FULL_RESOLUTION: Final = "full resolution"
RESIZE_FIRST: Final = "resize first"
"""The kinds of advice: a rule of latency each (sensorfit.rules.latency)."""


class Advice(NamedTuple):
    """One change to one layer, with the cycles it saves by the cost model's own count."""

    kind: str
    node: str
    op: str
    reason: str
    """What is wasteful, without names."""
    text: str
    """The same with the layer's numbers."""
    fix: str
    saved: float


@dataclass(frozen=True)
class LatencyReport:
    """DSP runtime of one inference; ``dsp_ms_low``/``dsp_ms_high`` bound the estimate.

    ``macs`` counts the model's operators as the file has them. Those of ``layers``
    are what the device runs, less where quantization merges convolutions.
    """

    macs: int
    cycles: int
    clock_hz: int
    mac_units: int
    dsp_ms_low: float
    dsp_ms_high: float
    layers: tuple[LayerCost, ...] = ()
    notes: tuple[str, ...] = ()
    """What widens the interval: layer kinds no measurement covers, as sentences."""
    advice: tuple[Advice, ...] = ()
    """What would make single layers cheaper; each layer's ``hint`` is the same in words."""
    complete: bool = True
    """False where a shape is unknown or an operator has no cost model, so that the figures leave something out."""
    calibration: str = "shipped"
    """Whose measurements the estimate stands on: "shipped", or the user's calibration file."""
    basis: str = "inferred"
    """Class of evidence of the estimate itself; a model is inferred, only a sensor measures."""
    measurements: int = 0
    """How many measurements the model was fitted on."""
    error_median: float = 0.0
    """Median of the absolute leave-one-out errors, as a fraction."""

    @property
    def elements(self) -> int:
        """Output elements of the layers without MACs."""
        return sum(layer.elements for layer in self.layers)

    @property
    def dsp_ms(self) -> float:
        """Estimated DSP runtime in milliseconds."""
        return self.cycles / self.clock_hz * 1e3

    @property
    def macs_per_cycle(self) -> float:
        """Effective multiply-accumulates a cycle; ``mac_units`` is the ceiling."""
        return self.macs / self.cycles if self.cycles else 0.0

    @property
    def utilization(self) -> float:
        """Effective MACs a cycle as a share of ``mac_units``."""
        return self.macs_per_cycle / self.mac_units if self.mac_units else 0.0

    @property
    def fps(self) -> float:
        """Inferences a second if the DSP did nothing else; see ``frames_a_second`` for what the sensor delivers."""
        return 1e3 / self.dsp_ms if self.cycles else 0.0

    def frames_a_second(self, readout_ms: float) -> float:
        """The most frames a second beside a readout of ``readout_ms``: the slower of the two decides."""
        return 1e3 / max(self.dsp_ms if self.complete else self.dsp_ms_low, readout_ms)
