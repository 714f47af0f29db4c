"""The probes: one-operator graphs, by topic. A name says the operator and what is special about its form."""

from __future__ import annotations

from importlib import import_module

import onnx

TOPICS = (
    "operators",
    "inputs",
    "stages",
    "convolutions",
    "elementwise",
    "reshaping",
    "slicing",
    "sampling",
    "products",
    "subgraphs",
    "patterns",
    "attributes",
    "operands",
    "normalizations",
    "integers",
    "convolution_sizes",
    "resize_sizes",
    "product_sizes",
    "axis_length",
    "ranks",
    "folding",
)


def all_probes() -> dict[str, onnx.ModelProto]:
    """Every probe by name; all are valid ONNX, since a file that fails ONNX's own check says nothing of an operator."""
    found: dict[str, onnx.ModelProto] = {}
    for topic in TOPICS:
        probes = import_module(f"{__name__}.{topic}").P
        if again := found.keys() & probes.keys():
            raise ValueError(f"{topic} has probes of another topic's name: {', '.join(sorted(again))}")
        found |= probes
    return found
