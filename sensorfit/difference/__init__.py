"""``diff``: what a change did to operators, memory, MACs and latency."""

from .compare import diff
from .model import Diff

__all__ = ["Diff", "diff"]
