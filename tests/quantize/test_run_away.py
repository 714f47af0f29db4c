"""The layer whose values are no numbers is named where MCT stops at them."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from sensorfit.errors import InputError
from sensorfit.quantize import bridge
from sensorfit.quantize.calibration import synthetic
from sensorfit.quantize.ptq import quantize
from sensorfit.quantize.run_away import first_not_finite
from sensorfit.target import load_target

from ..conftest import model_of

pytestmark = pytest.mark.heavy

DIVIDES = (
    "agraph (float[1,3,64,64] x) => (float[1,3,64,64] y) <float one = {1.0}>"
    " { s = Sub (x, one) r = Relu (s) q = Div (x, r) y = Sigmoid (q) }"
)
"""x / 0 is infinite at every pixel, and its Sigmoid 1: the outputs are numbers."""


def network(tmp_path: Path, body: str) -> bridge.Source:
    onnx.save(model_of(body), tmp_path / "net.onnx")
    return bridge.source(str(tmp_path / "net.onnx"), None, None, 0)


def test_the_first_layer_with_values_that_are_no_numbers_is_found(tmp_path: Path) -> None:
    images = synthetic((3, 64, 64), 0, 2)
    made = network(tmp_path, DIVIDES)
    assert "div" in first_not_finite(made.module, images.batches()).lower()
    sound = network(tmp_path, DIVIDES.replace("Relu (s)", "Exp (s)"))
    assert first_not_finite(sound.module, images.batches()) == ""


@pytest.mark.toolchain
def test_a_build_that_mct_stops_at_it_names_it(tmp_path: Path) -> None:
    made = network(tmp_path, DIVIDES)
    with pytest.raises(InputError, match=r"the first such layer is '.*[Dd]iv"):
        quantize(made.module, synthetic((3, 64, 64), 0, 2), load_target("imx500"), 0, tmp_path / "log")
