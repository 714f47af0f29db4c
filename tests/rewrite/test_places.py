"""A function that is the same everywhere is proven on every value of float16 wherever these stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.graph.load import load
from sensorfit.rewrite.places import alike_everywhere

from .harness import model, rewritten

WIDE = "(float[1,64,384] x) => (float[1,64,384] y) "
ALIKE = {
    "a GELU spelled out": " <float two = {2}, float one = {1}> { d = Div (x, two) e = Erf (d) s = Add (e, one) y = Mul (x, s) }",
    "a Softsign": " { y = Softsign (x) }",
}
UNLIKE = {
    "a slope for each channel": " <float[3] s = {1, 2, 3}> { y = PRelu (x, s) }",
    "a sum over channels": " { y = Softmax <axis = 1> (x) }",
    "places that move": " { r = Relu (x) y = Transpose <perm = [0, 2, 1]> (r) }",
    "an operator of another domain": ' <float a = {1}> { y = com.other.Add (x, a) }',
}  # fmt: skip


@pytest.mark.parametrize("name", [*ALIKE, *UNLIKE])
def test_which_parts_are_alike_everywhere(name: str) -> None:
    text = "(float[1,3,3] x) => (float[1,3,3] y)" + {**ALIKE, **UNLIKE}[name]
    assert alike_everywhere(load(model(text), name)) is (name in ALIKE)


def test_a_wide_part_is_proven_on_every_value(tmp_path: Path) -> None:
    case = rewritten(WIDE + "{ r = Relu (x) y = Elu (r) }", tmp_path)
    (step,) = case.fixed.rewrites
    assert "every float16 value and the ends of float32" in step.proof
