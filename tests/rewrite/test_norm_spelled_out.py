"""Normalisations over positions, which are not packaged, spelled out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.probes.front_end import FrontEnd

from .harness import rewritten

CASES = {
    "a map": ("(float[1,4,6,8] x) => (float[1,4,6,8] y) <float[4] s, float[4] b> { y = InstanceNormalization (x, s, b) }", 17),
    "a large map": ("(float[1,2,130,128] x) => (float[1,2,130,128] y) <float[2] s, float[2] b> { y = InstanceNormalization (x, s, b) }", 17),
    "groups": ("(float[1,6,4,5] x) => (float[1,6,4,5] y) <float[3] s, float[3] b> { y = GroupNormalization <num_groups = 3> (x, s, b) }", 18),
    "groups, spelled out": (
        """(float[1,6,4,5] x) => (float[1,6,4,5] y)
        <float[3] s = {1.0, 1.0, 1.0}, float[3] t = {0.0, 0.0, 0.0}, int64[3] g = {0, 3, -1}, int64[4] f = {1, 6, 4, 5}, float[6,1,1] m, float[6,1,1] a> {
        r = Reshape (x, g) n = InstanceNormalization (r, s, t) o = Reshape (n, f) p = Mul (o, m) y = Add (a, p) }""", 17),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_normalization_that_is_not_packaged_is_spelled_out(name: str, tmp_path: Path) -> None:
    text, opset = CASES[name]
    case = rewritten(text, tmp_path, "NormSpelledOut", opset=opset)
    assert not case.fixed.remaining
    assert not {"InstanceNormalization", "GroupNormalization"} & set(case.operators)


def test_a_scale_of_one_is_left_out(tmp_path: Path) -> None:
    text, opset = CASES["groups, spelled out"]
    operators = rewritten(text, tmp_path, "NormSpelledOut", opset=opset).operators
    assert operators[operators.index("Div") :] == ["Div", "Reshape", "Add", "Reshape", "Mul", "Add"]


@pytest.mark.toolchain
def test_the_real_front_end_accepts_them(tmp_path: Path) -> None:
    front_end = FrontEnd()
    for text, opset in CASES.values():
        assert front_end.judge(rewritten(text, tmp_path, opset=opset).after)["verdict"] == "accepted"
