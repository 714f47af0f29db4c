"""Axes moved where shapes are not known: an answer and no crash."""

from __future__ import annotations

import onnx.parser
import pytest

from sensorfit.api import check

UNKNOWN = """
<ir_version: 8, opset_import: ["d" : 1]>
g (float[1,4,8,6] x) => (float[1,8,4,6] y) {{
   s = Constant <value_ints: ints = [1, 8, 4, 6]> ()
   t = {moved}
   y = Identity (t)
}}
"""
"""Without an opset nothing infers the shape of ``t``."""


@pytest.mark.parametrize(
    "moved", ["Transpose <perm = [0, 2, 1, 3]> (x)", "Transpose <perm = [0, 1]> (x)", "Reshape (x, s)"]
)
def test_a_result_of_unknown_shape_is_judged(moved: str) -> None:
    report = check(onnx.parser.parse_model(UNKNOWN.format(moved=moved)))
    assert report.verdict == "does_not_fit"
    assert any("opset" in finding.reason for finding in report.findings)
