"""Shared helpers: graphs from ONNX text, the repository's root."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import onnx.parser
import pytest

from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def graph_of() -> Callable[[str], Graph]:
    """A canonical graph from ONNX text (the body of an opset-17 model)."""

    def parse(text: str, opset: int = 17) -> Graph:
        return load(model_of(text, opset))

    return parse


def model_of(text: str, opset: int = 17) -> onnx.ModelProto:
    """A ModelProto from ONNX text."""
    header = (
        f'<ir_version: 8, opset_import: ["" : {opset}, "mct_quantizers" : 1], producer_name: "pytorch">\n'
    )
    return onnx.parser.parse_model(header + text)
