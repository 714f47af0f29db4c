"""The probes: one-operator graphs, by topic. A name says the operator and what is special about its form."""

from __future__ import annotations

from importlib import import_module

import onnx

TOPICS = ("operators", "inputs", "convolutions", "elementwise", "rearranging", "sampling", "products", "attributes", "operands")


def all_probes() -> dict[str, onnx.ModelProto]:
    """Every probe by name, invalid ONNX left out: a file that fails ONNX's own check says nothing of an operator."""
    found: dict[str, onnx.ModelProto] = {}
    for topic in TOPICS:
        for name, model in import_module(f"{__name__}.{topic}").P.items():
            try:
                onnx.checker.check_model(model, full_check=True)
            except Exception:
                continue
            key = name if name not in found else f"{topic}:{name}"
            found[key] = model
    return found
