"""Fresh networks through MCT and the converter: none of them is in the corpus."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse

FRESH = (
    "3x72x88 | a=conv x 44 k3 s2 | b=relu a | c=dw b k5 | d=relu c | e=conv d 56 k1 | f=relu e "
    "| g=maxpool f k2 | h=conv g 70 k3 | i=relu h | j=near i s2 | k=conv j 56 k1 | l=add k f | m=conv l 3 k1 | m"
)


@pytest.mark.toolchain
def test_a_fresh_network_takes_what_we_said(tmp_path: Path) -> None:
    from tools.memory_probes import convert, quantize

    quantize(FRESH, tmp_path / "float.onnx", tmp_path / "fresh.onnx")
    report = analyse(
        lower(load(onnx.load(tmp_path / "float.onnx"), "fresh")), load_target(), input_persistency=False
    )
    answer = convert(tmp_path / "fresh.onnx", tmp_path / "out", persistency=False)
    assert (report.weights_bytes, report.runtime_bytes) == (answer["weights_bytes"], answer["runtime_bytes"])


@pytest.mark.toolchain
def test_the_quantized_export_is_measured_like_the_float_graph(tmp_path: Path) -> None:
    from tools.memory_probes import quantize

    quantize(FRESH, tmp_path / "float.onnx", tmp_path / "fresh.onnx")
    target = load_target()
    plain, quantized = (
        analyse(lower(load(onnx.load(tmp_path / f"{name}.onnx"), name)), target, False)
        for name in ("float", "fresh")
    )
    assert (plain.weights_bytes, plain.runtime_bytes) == (quantized.weights_bytes, quantized.runtime_bytes)
