"""Models beside each other in one table."""

from .model import Row, Table
from .rows import compare

__all__ = ["Row", "Table", "compare"]
