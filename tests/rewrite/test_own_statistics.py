"""BatchNormalization by the statistics of one image, as TensorFlow's LayerNormalization comes out of tf2onnx."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.graph.load import load
from sensorfit.rewrite.declare import rewrites
from sensorfit.rewrite.proof import prove
from sensorfit.rewrite.site import Site
from tools.probes.front_end import FrontEnd

from .harness import model, rewritten, untouched

TOKENS = "(float[1,6,8] x) => (float[1,6,8] y) <int64[4] i = {1, 6, 8, 1}, int64[3] o = {1, 6, 8}, int64[3] q = {0, 2, 3}, %s, float n = {8.0}>"
ONES = "float[6] s = {1, 1, 1, 1, 1, 1}, float[6] b = {0, 0, 0, 0, 0, 1e-9}"
MEAN = "r = Reshape (x, i) m = ReduceMean <axes = [0, 2, 3]> (r) d = Sub (r, m) u = Squeeze (m, q) "
END = " w = BatchNormalization <epsilon = 0.001> (r, s, b, u, v) y = Reshape (w, o) "
SUMS = "t = ReduceSumSquare <axes = [0, 2, 3], keepdims = 0> (d) v = Div (t, n)"
MAP = "(float[1,4,6,8] x) => (float[1,4,6,8] y) <float[4] s, float[4] b>"
CASES = {
    "tokens, as tf2onnx has them": TOKENS % ONES + "{ " + MEAN + SUMS + END + "}",
    "tokens with a scale and a bias": TOKENS % "float[6] s, float[6] b" + "{ " + MEAN + SUMS + END + "}",
    "tokens, the mean of squares": TOKENS % ONES + "{ " + MEAN + "e = Mul (d, d) v = ReduceMean <axes = [2, 3, 0], keepdims = 0> (e)" + END + "}",
    "a map": MAP + "{ m = ReduceMean <axes = [0, 2, 3]> (x) d = Sub (x, m) u = ReduceMean <axes = [0, 2, 3], keepdims = 0> (x) e = Mul (d, d) v = ReduceMean <axes = [0, 2, 3], keepdims = 0> (e) y = BatchNormalization (x, s, b, u, v) }",
}  # fmt: skip
LEFT_ALONE = {
    "another count": TOKENS.replace("8.0", "7.0") % ONES + "{ " + MEAN + SUMS + END + "}",
    "the mean of other axes": TOKENS % ONES + "{ " + MEAN.replace("[0, 2, 3]> (r) d", "[0, 2, 3]> (r) a = Abs (r) d").replace("Sub (r, m)", "Sub (a, m)") + SUMS + END + "}",
    "a variance that is an output": (TOKENS % ONES).replace("float[1,6,8] y)", "float[1,6,8] y, float[6] v)") + "{ " + MEAN + SUMS + END + "}",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_statistics_of_one_image_are_a_normalization_of_it(name: str, tmp_path: Path) -> None:
    case = rewritten(CASES[name], tmp_path)
    assert not case.fixed.remaining
    assert "BatchNormOfOneImage" in {r.name for r in case.fixed.rewrites}
    assert "BatchNormalization" not in case.operators


@pytest.mark.parametrize("size", [8, 96, 768])
def test_both_ways_hold(size: int) -> None:
    text = CASES["tokens, as tf2onnx has them"].replace("8.0", f"{size}.0")
    graph = load(model(text.replace("6, 8", f"6, {size}").replace("6,8", f"6,{size}")), "tokens")
    node = next(n for n in graph.nodes if n.op == "BatchNormalization")
    (rewrite,) = (r for r in rewrites() if r.name == "BatchNormOfOneImage")
    drafts = [*rewrite.draw(Site(graph, node))]
    assert [d.form for d in drafts] == ["LayerNormalization", "spelled out"]
    assert all(prove(rewrite, d).holds for d in drafts)


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_other_statistics_stay(name: str) -> None:
    untouched(LEFT_ALONE[name], "BatchNormOfOneImage")


@pytest.mark.toolchain
def test_the_front_end_accepts_them(tmp_path: Path) -> None:
    front_end = FrontEnd()
    for text in CASES.values():
        assert front_end.judge(rewritten(text, tmp_path).after)["verdict"] == "accepted"
