"""Axes moved where shapes are not known: an answer and no crash."""

from __future__ import annotations

import onnx.parser
import pytest

from sensorfit.api import check

from .test_advice import weighted

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


TOKENS_BACK = """agraph (float[1,32,32,32] x) => (float[1,8,32,32] y)
<int64[3] t = {1, 32, 1024}, int64[4] f = {1, 1, 1024, 32}, int64[3] b = {1, 1024, 64}, int64[4] m = {1, 64, 32, 32}> {
    a = Conv (x, stem) q = Relu (a) r = Reshape (q, t) p = Transpose <perm = [0, 2, 1]> (r) k = Reshape (p, f)
    l = MatMul (k, w) g = Reshape (l, b) z = Transpose <perm = [0, 2, 1]> (g) i = Reshape (z, m)
    y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (i, head)
}"""


def test_tokens_become_a_map_in_the_steps_that_the_converter_lists() -> None:
    """As listed for the probe tokens_back, from the input's transform to the output's two."""
    model = weighted(TOKENS_BACK, stem=(32, 32, 1, 1), w=(32, 64), head=(8, 64, 3, 3))
    memory = check(model).memory
    assert memory is not None
    assert [step.op for step in memory.steps] == [
        *(
            "Transform",
            "Conv",
            "Transform",
            "Reshape",
            "Transpose",
            "Reshape",
            "Transform",
            "MatMul",
            "Reshape",
        ),
        *("Transform", "Transpose", "Transform", "Reshape", "Transform", "Conv", "Transform", "Transform"),
    ]
