"""What the latency analysis answers: MACs, cycles, milliseconds with an interval."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LayerCost:
    """One layer of the device graph: multiply-accumulates and estimated DSP cycles."""

    node: str
    op: str
    macs: int
    cycles: int
    kind: str = ""
    """dense, pointwise, depthwise, fully_connected, elementwise, resample, ..."""
    hint: str = ""
    """What would make it cheaper, "" when nothing stands out."""


@dataclass(frozen=True)
class LatencyReport:
    """DSP runtime of one inference; ``dsp_ms_low``/``dsp_ms_high`` bound the estimate."""

    macs: int
    cycles: int
    clock_hz: int
    mac_units: int
    dsp_ms_low: float
    dsp_ms_high: float
    layers: tuple[LayerCost, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What widens the interval: layer kinds no measurement covers, as sentences."""

    @property
    def dsp_ms(self) -> float:
        """Estimated DSP runtime in milliseconds."""
        return self.cycles / self.clock_hz * 1e3

    @property
    def macs_per_cycle(self) -> float:
        """Effective multiply-accumulates a cycle; ``mac_units`` is the ceiling."""
        return self.macs / self.cycles if self.cycles else 0.0
