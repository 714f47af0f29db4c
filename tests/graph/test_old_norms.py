"""BatchNormalization with five outputs, of which one is read: an NFNet's standardised weights, exported at opset 13."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

import sensorfit

from ..rewrite.harness import model, rewritten

TEXT = """(float[1,3,8,8] x) => (float[1,4,8,8] y) <float[4,3,1,1] w, int64[3] a = {1, 4, 3}, int64[4] b = {4, 3, 1, 1},
    float[4] s = {1.0, 1.1, 1.2, 1.3}, float[4] t = {0.0, 0.1, 0.2, 0.3}, float[4] m = {0.1, 0.2, 0.3, 0.4}, float[4] v = {1.0, 2.0, 3.0, 4.0}> {
    r = Reshape (w, a) n, m1, v1, m2, v2 = BatchNormalization (r, s, t, m, v) k = Reshape (n, b) c = Conv (x, k) y = Elu (c) }"""


@pytest.mark.parametrize("opset", [11, 13])
def test_standardised_weights_of_an_old_file_are_constants(opset: int, tmp_path: Path) -> None:
    made = model(TEXT, opset)
    onnx.save(made, tmp_path / "m.onnx")
    assert sensorfit.check(tmp_path / "m.onnx").memory.complete
    case = rewritten(made, tmp_path)  # compared with onnxruntime's reading of the file
    assert case.fixed.exit_code == 0 and "BatchNormalization" not in case.operators
    assert case.fixed.max_difference < 1e-5
    assert len(made.graph.node[1].output) == 5  # the caller's own model stays as it is
