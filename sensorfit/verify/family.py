"""The families of rules: what a rule is about, and what its id begins with."""

from __future__ import annotations

from typing import Final, NamedTuple


class Family(NamedTuple):
    """Rules about one subject."""

    prefix: str
    """The beginning of their ids."""
    tag: str
    """The word for it on a finding and in SARIF."""
    title: str


OPERATORS: Final = Family("SF1", "operators", "Operators: does the converter take them, in this form")
FLAGGED: Final = Family("SF2", "flagged-operators", "Flagged operators: named whatever the verdict")
MEMORY: Final = Family("SF3", "memory", "Memory")
LATENCY: Final = Family("SF4", "latency", "Latency")
INPUTS: Final = Family("SF5", "inputs-outputs", "Inputs, outputs, quantization")
BUDGETS: Final = Family("SF6", "budgets", "Budgets of the repository")

FAMILIES: Final = (OPERATORS, FLAGGED, MEMORY, LATENCY, INPUTS, BUDGETS)
