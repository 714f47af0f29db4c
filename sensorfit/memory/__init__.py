"""Peak memory of a device graph on the sensor: bytes, plan, peak."""

from .analysis import analyse
from .model import Culprit, LargestInput, Live, MemoryReport, Padding, Step

__all__ = ["Culprit", "LargestInput", "Live", "MemoryReport", "Padding", "Step", "analyse"]
