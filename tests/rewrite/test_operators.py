"""Operators that the converter lacks, written with those that it has: equal, proven, accepted by the real front end."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.rewrite import proof
from tools.probes.front_end import FrontEnd

from .harness import rewritten, untouched

SHAPE = "(float[1,4,6,8] x) => (float[1,4,6,8] y)"
CASES = {
    "sum": ("SumAsAdds", f"{SHAPE} {{ a = Abs (x) b = Relu (x) y = Sum (a, b, x) }}", 17),
    "mean": ("MeanAsAdds", f"{SHAPE} {{ a = Abs (x) b = Relu (x) y = Mean (a, b, x) }}", 17),
    "max": ("ExtremeAsPairs", f"{SHAPE} {{ a = Abs (x) b = Neg (x) c = Relu (x) y = Max (a, b, c) }}", 17),
    "min": ("ExtremeAsPairs", f"{SHAPE} {{ a = Abs (x) b = Neg (x) c = Relu (x) y = Min (a, b, c) }}", 17),
    "global max": (
        "GlobalMaxPoolAsReduceMax",
        "(float[1,4,6,8] x) => (float[1,4,1,1] y) { y = GlobalMaxPool (x) }",
        17,
    ),
    "global max, opset 20": (
        "GlobalMaxPoolAsReduceMax",
        "(float[1,4,6,8] x) => (float[1,4,1,1] y) { y = GlobalMaxPool (x) }",
        20,
    ),
    "least": (
        "ReduceMinAsReduceMax",
        "(float[1,4,6,8] x) => (float[1,4,1,8] y) { y = ReduceMin <axes = [2]> (x) }",
        17,
    ),
    "sum of squares": (
        "SumSquareAsProduct",
        "(float[1,4,6,8] x) => (float[1,4,6] y) { y = ReduceSumSquare <axes = [-1], keepdims = 0> (x) }",
        17,
    ),
    "prelu by channel": (
        "PreluAsRelus",
        "(float[1,4,6,8] x) => (float[1,4,6,8] y) <float[4,1,1] s> { y = PRelu (x, s) }",
        17,
    ),
    "prelu, one slope": (
        "PreluAsRelus",
        "(float[1,4,6,8] x) => (float[1,4,6,8] y) <float[1] s = {0.3}> { y = PRelu (x, s) }",
        17,
    ),
    "prelu, computed slope": (
        "PreluAsRelus",
        f"{SHAPE} {{ s = GlobalAveragePool (x) y = PRelu (x, s) }}",
        17,
    ),
    "tile": (
        "TileAsConcat",
        "(float[1,4,6,8] x) => (float[1,8,6,24] y) <int64[4] n = {1, 2, 1, 3}> { y = Tile (x, n) }",
        17,
    ),
    "reciprocal": ("ReciprocalAsDiv", f"{SHAPE} {{ y = Reciprocal (x) }}", 17),
}


@pytest.mark.parametrize("case", CASES)
def test_an_operator_becomes_others_of_the_same_numbers(case: str, tmp_path: Path) -> None:
    name, text, opset = CASES[case]
    made = rewritten(text, tmp_path, name, opset=opset)
    assert {step.name for step in made.fixed.rewrites} == {name}
    assert not made.fixed.remaining


@pytest.mark.toolchain
@pytest.mark.parametrize("case", CASES)
def test_the_front_end_accepts_what_it_becomes(case: str, tmp_path: Path) -> None:
    name, text, opset = CASES[case]
    assert FrontEnd().judge(rewritten(text, tmp_path, name, opset=opset).after)["verdict"] == "accepted"


def test_a_batch_that_is_repeated_stays() -> None:
    untouched(
        "(float[1,4,6,8] x) => (float[2,4,6,8] y) <int64[4] n = {2, 1, 1, 1}> { y = Tile (x, n) }",
        "TileAsConcat",
    )


def test_a_proof_that_falls_back_on_samples_is_called_rounding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, _ = CASES["sum"]
    assert [s.kind for s in rewritten(text, tmp_path, name).fixed.rewrites] == ["exact"]
    monkeypatch.setattr(proof, "EXACT", 0)  # no sum is short enough
    (step,) = rewritten(text, tmp_path, name).fixed.rewrites
    assert step.kind == "rounding" and step.proof.startswith("sampled")
