"""What a network rounds by itself, and a difference that is more than that."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sensorfit.numerics.difference import UNIT, units_of_largest
from sensorfit.numerics.own_rounding import own_rounding, within


def sigmoid(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """One of a logit far below zero, as onnxruntime rounds it: at 1."""
    whole = np.float32(1.0) + np.exp(np.asarray(feeds["x"], np.float32) - np.float32(10.0))
    return [whole - np.float32(1.0)]


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
