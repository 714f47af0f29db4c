"""How far apart outputs are, with what is no number among them."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from sensorfit.numerics.difference import (
    UNIT,
    difference,
    difference_and_units,
    largest_value,
    units_apart,
    where_finite,
)


def _array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((1, inf, nan, -inf), (1, inf, nan, -inf), 0.0),
        ((1, inf, nan, 4), (1.5, inf, nan, 2), 2.0),
        ((1, 2), (1, nan), inf),
        ((inf, 2), (-inf, 2), inf),
        ((inf, 2), (7, 2), inf),
        ((3e38, 0), (-3e38, 0), 6e38),
    ],
)
def test_what_is_no_number_on_both_sides_is_no_difference(
    one: tuple[float, ...], other: tuple[float, ...], apart: float
) -> None:
    assert difference([_array(*one)], [_array(*other)]) == pytest.approx(apart)
    assert difference_and_units([_array(*one)], [_array(*other)])[0] == pytest.approx(apart)


def test_another_shape_or_type_is_infinitely_far() -> None:
    assert difference([_array(1, 2)], [_array(1)]) == inf
    assert difference([_array(1)], [np.array([1.0])]) == inf


def test_units_are_of_the_largest_number_of_each_output() -> None:
    first, second = [_array(0, 8, inf), _array(-2)], [_array(0, 8 + 8 * UNIT, inf), _array(-2)]
    assert difference_and_units(first, second) == (8 * UNIT, 1.0)
    assert largest_value(_array(-9, nan, inf, 3)) == 9
    assert largest_value(np.array([True])) == 1 and largest_value(_array()) == 0


def test_units_at_a_value_are_those_at_1_below_it_and_none_where_the_first_overflowed() -> None:
    assert units_apart([_array(0, inf)], [_array(UNIT, 5)]) == 1.0
    assert units_apart([_array(4)], [_array(4 + 4 * UNIT)]) == 1.0
    assert units_apart([_array(4)], [_array(nan)]) == inf


def test_only_what_the_original_has_no_number_for_is_taken_from_it() -> None:
    same = _array(1, 2)
    assert where_finite(_array(3, 4), same) is same
    assert where_finite(_array(nan, 4), same).tolist() == pytest.approx([nan, 2], nan_ok=True)
