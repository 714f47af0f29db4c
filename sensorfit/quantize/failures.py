"""What MCT's failures mean, in a user's words; what it printed stays in the log."""

from __future__ import annotations

import re
from typing import Final

from ..runtime.extra import first_line

MEANINGS: Final = (
    (
        re.compile(
            r"cannot be quantized to meet the specified resource utilization|No solution was found for the LP",
            re.I,
        ),
        "no choice of 8, 4 and 2 bits is within the weights budget: give a larger --weights-budget",
    ),
    (
        re.compile(r"\bNaN\b.*?(?:layer|node)?[ '\"]*([\w./]*)|cannot convert float NaN", re.I),
        "a layer computes values that are no numbers: look at its weights, and at calibration images all of one colour",
    ),
    (
        re.compile(r"Error parsing model with torch\.fx|symbolically traced|TraceError", re.I),
        "its torch form could not be traced: build the ONNX file of the network instead of the module",
    ),
    (
        re.compile(r"call method \"?'?(\w+)\"?'?(?: in (\w+))?.*is not supported", re.I),
        "an operator is not in its target description: `sensorfit check` names those that are",
    ),
    (
        re.compile(r"out of memory|DefaultCPUAllocator", re.I),
        "too little memory: give fewer images with --calib-limit",
    ),
)
"""What its messages hold, and what to make of it; the first that is found counts."""


def meaning(error: BaseException) -> str:
    """The first line of ``error``, with what it means where that is known, and the node that was being run."""
    said = first_line(error) if isinstance(error, Exception) else str(error)
    text = str(error)
    known = next((means for pattern, means in MEANINGS if pattern.search(text)), "")
    node = re.search(r"While executing %(\w+)", text)
    parts = [said, f"at node {node.group(1)}" if node else "", known]
    return "; ".join(part for part in parts if part)
