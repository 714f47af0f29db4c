"""What MCT's failures mean, in a user's words; what it printed stays in the log."""

from __future__ import annotations

import re
from typing import Final

from ..errors import InputError, Refused, SensorfitError, ToolchainError
from ..runtime.extra import first_line

MEANINGS: Final[tuple[tuple[re.Pattern[str], str, type[SensorfitError]], ...]] = (
    (
        re.compile(
            r"cannot be quantized to meet the specified resource utilization|No solution was found for the LP",
            re.I,
        ),
        "no choice of 8, 4 and 2 bits is within the weights budget: give a larger --weights-budget",
        Refused,
    ),
    (
        re.compile(r"\bNaN\b.*?(?:layer|node)?[ '\"]*([\w./]*)|cannot convert float NaN", re.I),
        "a layer computes values that are no numbers: look at its weights, and at calibration images all of one colour",
        InputError,
    ),
    (
        re.compile(r"range of \[.*\] is not finite", re.I),
        "a layer's values overflow in float32 or divide by zero on the calibration images, so that they have no range: give trained "
        "weights, or look for the layer whose values run away",
        InputError,
    ),
    (
        re.compile(r"disconnected input", re.I),
        "every output is an input as it came in, so there is nothing to compute",
        InputError,
    ),
    (
        re.compile(r"Error parsing model with torch\.fx|symbolically traced|TraceError", re.I),
        "its torch form could not be traced: build the ONNX file of the network instead of the module",
        ToolchainError,
    ),
    (
        re.compile(r"call method \"?'?(\w+)\"?'?(?: in (\w+))?.*is not supported", re.I),
        "an operator is not in its target description: `sensorfit check` names those that are",
        ToolchainError,
    ),
    (
        re.compile(r"out of memory|DefaultCPUAllocator", re.I),
        "too little memory: give fewer images with --calib-limit",
        ToolchainError,
    ),
)
"""What its messages hold, what to make of it and whose it is to mend; the first that is found counts."""


def failure(what: str, error: Exception) -> SensorfitError:
    """What to raise where MCT could not ``what`` the network: the network's own fault is no failure of a tool."""
    kind = next((kind for pattern, _, kind in MEANINGS if pattern.search(str(error))), ToolchainError)
    return kind(f"model-compression-toolkit could not {what} the network ({meaning(error)})")


def meaning(error: BaseException) -> str:
    """The first line of ``error``, with what it means where that is known, and the node that was being run."""
    said = first_line(error) if isinstance(error, Exception) else str(error)
    text = str(error)
    known = next((means for pattern, means, _ in MEANINGS if pattern.search(text)), "")
    node = re.search(r"While executing %(\w+)", text)
    parts = [said, f"at node {node.group(1)}" if node else "", known]
    return "; ".join(part for part in parts if part)
