"""The probes: one-operator graphs, by topic. A name says the operator and what is special about its form."""

from __future__ import annotations

from importlib import import_module

import onnx

TOPICS = (
    "operators",
    "inputs",
    "convolutions",
    "elementwise",
    "rearranging",
    "sampling",
    "products",
    "attributes",
    "operands",
    "further",
    "long",
    "large",
    "limits",
)


def raw_probes() -> dict[str, onnx.ModelProto]:
    """Every graph by name, the invalid ones too."""
    found: dict[str, onnx.ModelProto] = {}
    for topic in TOPICS:
        for name, model in import_module(f"{__name__}.{topic}").P.items():
            found[name if name not in found or not _valid(found[name]) else f"{topic}:{name}"] = model
    return found


def all_probes() -> dict[str, onnx.ModelProto]:
    """Every probe by name, invalid ONNX left out: a file that fails ONNX's own check says nothing of an operator."""
    return {name: model for name, model in raw_probes().items() if _valid(model)}


def _valid(model: onnx.ModelProto) -> bool:
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception:
        return False
    return True
