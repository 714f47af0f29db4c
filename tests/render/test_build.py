"""What a finished build says of its accuracy."""

from __future__ import annotations

import numpy as np

from sensorfit.pipeline.gain import Gain
from sensorfit.quantize.fidelity import agreement
from sensorfit.quantize.layers import Histogram, Layer, LayerFidelity
from sensorfit.render.build import _agreement, beside, default_settings, histogram

LOSSY = Layer("conv", "Conv", 12.0)


def test_an_output_that_overflows_is_not_called_equal() -> None:
    values = np.ones((1, 1, 2, 2), np.float32)
    assert "SQNR equal" not in _agreement(agreement(values * np.inf, values))
    assert _agreement(agreement(values * np.inf, values)) == "not comparable: 4 values are infinite or NaN"
    assert _agreement(agreement(values, values)).endswith("equal")
    assert _agreement(agreement(values * 0, values)).endswith("no signal: nothing but zeros in float")


def test_layers_of_few_bits_are_shown_with_what_they_are_compared_with() -> None:
    assert beside(LayerFidelity(8, (LOSSY,), None, 30.0, "")) == ""
    said = beside(LayerFidelity(8, (LOSSY,), None, 14.5, ""))
    assert "14.5 dB of the float network" in said and "--no-bias-correction" in said


def test_layers_that_overflow_are_counted_and_the_first_named() -> None:
    found = LayerFidelity(8, (LOSSY, Layer("div", "Div", None, "not_finite")), None)
    assert beside(found) == "1 layer has infinite or NaN values, the first div"


def test_the_values_of_the_worst_layer_are_bars_of_one_scale() -> None:
    said = histogram(Histogram("conv", (-1.0, 0.0, 1.0, 2.0), (0, 50, 100), (1, 100, 50)))
    assert said == "float | ▅█|  INT8 |▁█▅|  from -1 to 2: conv"


def test_numbers_of_classes_have_no_sqnr() -> None:
    classes = np.arange(8).reshape(1, 2, 4)
    found = agreement(classes, classes[:, ::-1])
    assert (found.sqnr_db, found.sqnr_missing) == (None, "classes")
    assert _agreement(found) == "same class at 0.0 %"
    assert agreement(classes, classes).sqnr_missing == "equal"


def test_what_settings_gain_is_said_for_each_output() -> None:
    values, classes = np.ones((1, 3), np.float32), np.arange(4).reshape(1, 2, 2)
    plain = agreement(values, values * 1.1), agreement(classes, classes[:, ::-1])
    found = agreement(values, values * 1.01), agreement(classes, classes)
    said = default_settings(Gain(("--gptq 2", "--z-threshold 3"), plain), found)
    assert said == (
        "output 0: same class at 100.0 %, SQNR 20.0 dB (--gptq 2 --z-threshold 3: +20.0 dB); "
        "output 1: same class at 0.0 % (--gptq 2 --z-threshold 3: +100.0 points)"
    )
