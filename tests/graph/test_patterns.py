"""Patterns by their algebra: what is matched, what is not, and what the toolchain makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sensorfit.graph.ir import Graph
from sensorfit.graph.patterns import find_patterns, recognise

GraphOf = Callable[[str], Graph]
HEAD = "g (float[1,16,32,32] x) => (float[1,16,32,32] y)"
NUMBERS = (
    "<float r = {1.4142135}, float i = {0.70710677}, float one = {1.0}, float half = {0.5}, float two = {2.0}, float three = {3.0}, float six = {6.0}, "
    "float zero = {0.0}, float eps = {0.00001}, float k = {0.7978846}, float c = {0.044715}>"
)


def kinds(graph: Graph) -> list[tuple[str, bool]]:
    return [(m.kind, m.fused) for m in recognise(graph)]


@pytest.mark.parametrize(
    ("body", "kind", "fused"),
    [
        ("a = Div (x, r) e = Erf (a) o = Add (e, one) t = Mul (x, o) y = Mul (t, half)", "Gelu", True),
        ("a = Mul (i, x) e = Erf (a) o = Add (one, e) h = Mul (half, x) y = Mul (o, h)", "Gelu", True),
        ("s = Mul (x, x) u = Mul (x, s) v = Mul (c, u) w = Add (x, v) z = Mul (k, w) e = Tanh (z) o = Add (one, e) t = Mul (x, o) y = Mul (half, t)", "Gelu", True),
        ("u = Pow (x, three) v = Mul (c, u) w = Add (x, v) z = Mul (k, w) e = Tanh (z) o = Add (one, e) t = Mul (x, o) y = Mul (half, t)", "Gelu", False),
        ("s = Sigmoid (x) y = Mul (x, s)", "Silu", True),
        ("s = HardSigmoid <alpha = 0.16666667, beta = 0.5> (x) y = Mul (s, x)", "HardSwish", True),
        ("a = Add (x, three) b = Clip (a, zero, six) t = Mul (x, b) y = Div (t, six)", "HardSwish", False),
        ("s = Softplus (x) t = Tanh (s) y = Mul (x, t)", "Mish", False),
        ("m = ReduceMean <axes = [1]> (x) d = Sub (x, m) p = Mul (d, d) v = ReduceMean <axes = [1]> (p) e = Add (v, eps) q = Sqrt (e) y = Div (d, q)", "LayerNormalization", False),
        ("m = ReduceMean <axes = [1]> (x) d = Sub (x, m) p = Pow (d, two) v = ReduceMean <axes = [-3]> (p) e = Add (v, eps) q = Sqrt (e) n = Reciprocal (q) y = Mul (d, n)", "LayerNormalization", False),
    ],
)  # fmt: skip
def test_a_formula_is_recognised(graph_of: GraphOf, body: str, kind: str, fused: bool) -> None:
    assert kinds(graph_of(f"{HEAD} {NUMBERS} {{ {body} }}")) == [(kind, fused)]


@pytest.mark.parametrize(
    "body",
    [
        "a = Div (x, two) e = Erf (a) o = Add (e, one) t = Mul (x, o) y = Mul (t, half)",
        "a = Div (x, r) e = Erf (a) o = Add (e, one) t = Mul (e, o) y = Mul (t, half)",
        "s = Sigmoid (x) t = Tanh (x) y = Mul (t, s)",
        "s = HardSigmoid <alpha = 0.2> (x) y = Mul (s, x)",
        "m = ReduceMean <axes = [1]> (x) d = Sub (x, m) p = Mul (d, d) v = ReduceMean <axes = [2]> (p) e = Add (v, eps) q = Sqrt (e) y = Div (d, q)",
        "m = ReduceMean <axes = [1]> (x) d = Sub (m, x) p = Mul (d, d) v = ReduceMean <axes = [1]> (p) e = Add (v, eps) q = Sqrt (e) y = Div (d, q)",
    ],
)
def test_a_formula_with_another_constant_operand_or_axis_is_not(graph_of: GraphOf, body: str) -> None:
    assert recognise(graph_of(f"{HEAD} {NUMBERS} {{ {body} }}")) == ()


def test_a_value_somebody_else_reads_keeps_its_nodes(graph_of: GraphOf) -> None:
    assert (
        recognise(
            graph_of(
                "g (float[1,16,32,32] x) => (float[1,16,32,32] y, float[1,16,32,32] s) { s = Sigmoid (x) y = Mul (x, s) }"
            )
        )
        == ()
    )


def test_group_normalization_takes_its_scale_and_shift(graph_of: GraphOf) -> None:
    text = f"""{HEAD} <int64[3] s = {{1, 4, -1}}, int64[4] t = {{1, 16, 32, 32}}, float[4] one = {{1, 1, 1, 1}}, float[4] zero = {{0, 0, 0, 0}},
    float[1,1,1] w = {{2}}, float[1,1,1] b = {{3}}>
    {{ a = Reshape (x, s) n = InstanceNormalization (a, one, zero) r = Reshape (n, t) m = Mul (r, w) y = Add (m, b) }}"""
    (match,) = find_patterns(graph_of(text))
    assert (match.kind, match.inputs, match.output) == ("GroupNormalization", ("x", "w", "b"), "y")
    assert match.attrs["num_groups"] == 4


def test_a_match_says_what_goes_in_and_out(graph_of: GraphOf) -> None:
    (match,) = find_patterns(graph_of(f"{HEAD} {{ s = Sigmoid (x) y = Mul (s, x) }}"))
    assert (match.inputs, match.output, [n.op for n in match.nodes]) == (("x",), "y", ["Sigmoid", "Mul"])
