"""Casts from one float to another: the converter refuses them in the file, a build computes in float32 without them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from sensorfit.api import check
from sensorfit.verify.confirmation import refused_nodes

PLAIN = "agraph (float[1,3,64,64] x) => (float[1,8,64,64] y) { c = Conv (x, w) y = Sigmoid (c) }"
MIXED = {
    "float16 with a part in float32": (
        np.float16,
        "agraph (float16[1,3,64,64] x) => (float16[1,8,64,64] y) { c = Conv (x, w) d = Cast <to = 1> (c) e = Sigmoid (d) y = Cast <to = 10> (e) }",
    ),
    "float32 at both ends": (
        np.float16,
        "agraph (float[1,3,64,64] x) => (float[1,8,64,64] y) { h = Cast <to = 10> (x) c = Conv (h, w) d = Sigmoid (c) y = Cast <to = 1> (d) }",
    ),
    "a part in float64": (
        np.float32,
        "agraph (float[1,3,64,64] x) => (float[1,8,64,64] y) { c = Conv (x, w) d = Cast <to = 11> (c) e = Sigmoid (d) y = Cast <to = 1> (e) }",
    ),
}


def written(body: str, kind: type, path: Path) -> Path:
    """The network of ``body`` in a file, with weights of ``kind``."""
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {body}')
    values = np.random.default_rng(0).normal(0, 0.3, (8, 3, 1, 1)).astype(kind)
    model.graph.initializer.append(numpy_helper.from_array(values, "w"))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("name", MIXED)
def test_casts_between_floats_are_foretold_of_the_file_and_stand_in_no_builds_way(
    name: str, tmp_path: Path
) -> None:
    kind, body = MIXED[name]
    report = check(written(body, kind, tmp_path / "mixed.onnx"))
    casts = [f for f in report.findings if f.rule == "SF120"]
    assert report.verdict == "fits"
    assert {(f.severity, f.support) for f in casts} == {("warning", "supported")}
    assert refused_nodes(report.findings) == {f.node for f in casts}  # what --confirm holds the front end to
    plain = check(written(PLAIN, np.float32, tmp_path / "plain.onnx"))
    assert report.memory.total_bytes == plain.memory.total_bytes
    assert report.latency.dsp_ms == plain.latency.dsp_ms


@pytest.mark.heavy
@pytest.mark.parametrize("name", MIXED)
def test_the_torch_form_of_mixed_precision_has_no_cast(name: str, tmp_path: Path) -> None:
    from sensorfit.quantize.bridge import source

    kind, body = MIXED[name]
    made = source(str(written(body, kind, tmp_path / "mixed.onnx")), None, None, 0)
    assert not [n for n in made.module.graph.nodes if n.op == "call_method"]
