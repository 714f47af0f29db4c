"""How long a network takes on the sensor, with its error: MACs, cycles, milliseconds."""

from .estimate import Calibration, estimate
from .model import LatencyReport, LayerCost

__all__ = ["Calibration", "LatencyReport", "LayerCost", "estimate"]
