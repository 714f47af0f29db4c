"""Activation ranges that the device has: beyond, the converter lays out the memory and writes no code (DAE).

MCT gives an activation the power of two above what it saw; networks with random weights reach any. A range beyond the
largest becomes the largest: values above it saturate.
"""

from __future__ import annotations

from pathlib import Path

import onnx

from ..target import Target, read_facts
from .layers import DOMAIN


def cap_ranges(int8: Path, target: Target) -> tuple[str, ...]:
    """The quantizers of the graph in ``int8`` whose threshold was beyond the largest of ``target``; it is that now."""
    most = float(read_facts("converter", target)["largest_activation"])
    model = onnx.load(str(int8))
    capped = []
    for node in model.graph.node:
        if node.domain != DOMAIN or not node.op_type.startswith("Activation"):
            continue
        for attribute in node.attribute:
            if attribute.name == "threshold" and attribute.f > most:
                attribute.f = most
                capped.append(node.input[0])
    if capped:
        int8.write_bytes(model.SerializeToString(deterministic=True))
    return tuple(capped)


def said_of(capped: tuple[str, ...], target: Target) -> tuple[str, ...]:
    """A warning that names the first of the tensors whose range was cut; () where none was."""
    if not capped:
        return ()
    most = float(read_facts("converter", target)["largest_activation"])
    return (
        f"{len(capped)} activations exceed {most:.3g}, the device's largest range, and saturate there (first: {capped[0]}): "
        "the weights are random, or the values run away",
    )
