"""A network that rounds more than others is no error of a rewrite; a difference that is more than its own rounding is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from sensorfit.numerics.difference import UNIT, units_of_largest
from sensorfit.numerics.own_rounding import own_rounding, within

from .harness import model, rewritten

MASK = """(float[1,3,96,96] x) => (float[1,1,96,96] y)
<float[16,3,3,3] w, float[16] b, float[1,16,3,3] v, float[1] low, float root = {1.4142135}, float one = {1.0}, float half = {0.5}> {
    c = Conv <pads = [1,1,1,1]> (x, w, b)
    d = Div (c, root)
    e = Erf (d)
    f = Add (e, one)
    g = Mul (c, f)
    h = Mul (g, half)
    p = MaxPool <kernel_shape = [3,3], auto_pad = "SAME_UPPER"> (h)
    l = Conv <pads = [1,1,1,1]> (p, v, low)
    y = Sigmoid (l)
}"""
"""The mask of a detector that finds nothing: every logit far below zero, a sigmoid of some 1e-3."""
GIVEN = {"low": (0.0, -8.0), "v": (0.1, 0.0)}
"""Weights: how much of the random ones is left, and what is added."""


def sigmoid(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """One of a logit far below zero, as onnxruntime rounds it: at 1."""
    whole = np.float32(1.0) + np.exp(np.asarray(feeds["x"], np.float32) - np.float32(10.0))
    return [whole - np.float32(1.0)]


def test_a_mask_that_is_nearly_nothing_is_compared_at_its_own_rounding(tmp_path: Path) -> None:
    network = model(MASK)
    for tensor in network.graph.initializer:
        if tensor.name in GIVEN:
            share, more = GIVEN[tensor.name]
            values = (numpy_helper.to_array(tensor) * share + more).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    onnx.checker.check_model(network)
    case = rewritten(network, tmp_path)
    assert "Gelu" in case.operators and not case.fixed.remaining
    assert 0 < case.fixed.largest_output < 0.1


def test_the_own_rounding_is_what_a_unit_of_the_input_makes() -> None:
    x = {"x": np.linspace(-2, 2, 99_999, dtype=np.float32)}
    assert own_rounding(lambda feeds: [feeds["x"] * np.float32(3.0)], x) < 2
    far = own_rounding(sigmoid, x)
    assert far > 256  # of a largest value of 3e-4
    assert own_rounding(lambda feeds: [np.asarray(feeds["x"] > 0)], x) == 0.0


def test_a_difference_beyond_the_own_rounding_is_an_error() -> None:
    x = {"x": np.linspace(-2, 2, 99_999, dtype=np.float32)}
    one = sigmoid(x)
    rounded, wrong = [one[0] + np.float32(2 * UNIT)], [one[0] * np.float32(1.01)]
    assert within(units_of_largest(one, rounded), 256.0, lambda: sigmoid, x)
    assert not within(units_of_largest(one, wrong), 256.0, lambda: sigmoid, x)


def test_a_network_that_jumps_is_no_excuse() -> None:
    def jumps(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        return [np.asarray(feeds["x"] > 1, np.float32)]

    x = {"x": np.ones(1_000, np.float32)}
    assert own_rounding(jumps, x) > 2**20
    assert not within(2.0**20, 256.0, lambda: jumps, x)


def test_the_original_is_made_anew_only_where_it_is_needed() -> None:
    def never() -> None:
        raise AssertionError

    assert within(255.0, 256.0, never, {})  # type: ignore[arg-type]
