"""What ``sensorfit fix`` would reach, as a value: computed beside a check, by the same rewrites and the same analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Verdict


@dataclass(frozen=True)
class Outlook:
    """Of a network with refused operators: what is left of them after ``fix``, and what then comes out.

    The rewrites are made on the graph's shapes and judged by the rules, not yet proven: that takes the weights.
    """

    refused: int
    """Nodes that are refused now."""
    remaining: int
    """Nodes that are refused after it."""
    rewrites: Mapping[str, int]
    """How often each rewrite would be applied, by name."""
    nodes: int
    """Nodes after it."""
    verdict: Verdict
    total_bytes: int
    ms: float
    left_to_host: int = 0
    """Nodes that ``--cut`` leaves to the host, where a cut is what helps."""
    ms_low: float = 0.0
    ms_high: float = 0.0
    sized: bool = True
    """False where not all of the memory could be counted: ``total_bytes`` is a lower bound."""
    timed: bool = True
    """False where a layer could not be counted: ``ms`` is a lower bound."""
    cannot_be_fed: bool = False
    """Whether it then has inputs that the sensor has no source for; an image with its channels last has been turned."""
