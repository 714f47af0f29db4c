"""What a sweep answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .space import Space


@dataclass(frozen=True)
class Sweep:
    """A finished sweep; its rows lie in ``table``."""

    space: Space
    directory: Path
    table: Path
    candidates: int
    verdicts: Mapping[str, int]
    """How many of each verdict, "failed" among them."""
    feasible: int
    """How many fit and keep the constraints."""
    front: tuple[Mapping[str, Any], ...]
    """The rows of the Pareto front, by the first objective."""
    reasons: Mapping[str, int]
    """Why candidates do not fit or failed, the commonest first."""
    columns: Mapping[str, type]
    """Of the table."""
    shown: tuple[Mapping[str, Any], ...]
    """The front, and of all other candidates as many as a page can show, evenly spaced."""
    budget_bytes: int
    """Of the target."""
    judged: int
    """Candidates judged in this run; the others were there."""
    seconds: float
    """Of judging."""

    @property
    def rate(self) -> float:
        """Candidates a second."""
        return self.judged / self.seconds if self.seconds else 0.0
