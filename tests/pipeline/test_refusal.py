"""A build stops before quantizing where the network does not fit, and says why in brief."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from sensorfit import check
from sensorfit.errors import ConfigError, ModelError, Refused
from sensorfit.pipeline.network import network_of
from sensorfit.pipeline.refusal import stop_where_it_does_not_fit, unknowns
from sensorfit.pipeline.request import request_of
from sensorfit.target import load_target

from ..conftest import model_of

SOFTPLUS = (
    "agraph (float[1,3,64,64] x) => (float[1,3,64,64] y) { a = Softplus(x) b = Softplus(a) y = Softplus(b) }"
)
LARGE = "agraph (float[1,64,480,640] x) => (float[1,64,480,640] y) { y = Relu(x) }"


def stopped(body: str, **options: object) -> None:
    stop_where_it_does_not_fit(
        check(model_of(body)), request_of("net.onnx", Path("out"), "imx500", "", options)
    )


def test_operators_are_named_with_how_often_and_what_to_run() -> None:
    with pytest.raises(Refused) as said:
        stopped(SOFTPLUS)
    text = str(said.value)
    assert "Softplus x3" in text and "`sensorfit check net.onnx`" in text and "--force" in text
    assert "\n" not in text and said.value.exit_code == 1


def test_the_check_that_is_named_judges_the_size_that_was_built_and_fix_is_named_where_it_may_help() -> None:
    with pytest.raises(
        Refused, match=r"`sensorfit check net.onnx --input-shape 1x3x64x64` says .* --fix first"
    ):
        stopped(SOFTPLUS, size=(64, 64))
    with pytest.raises(Refused) as said:
        stopped(SOFTPLUS, fix=True)
    assert "--fix" not in str(said.value)


def test_too_much_memory_is_named_in_bytes() -> None:
    with pytest.raises(Refused, match=r"SF301: needs 58,987,552 B of 8,388,480 B"):
        stopped(LARGE)


def test_force_goes_on() -> None:
    stopped(SOFTPLUS, force=True)


def test_smaller_weights_may_mend_memory_but_no_operator() -> None:
    stopped(LARGE, weights_budget="fit")
    with pytest.raises(Refused):
        stopped(SOFTPLUS, weights_budget="fit")


def test_what_is_not_known_has_its_reason() -> None:
    report = check(model_of("agraph (float[1,3,64,64] x) => (float[1,3,N,M] y) { y = Foo(x) }"))
    assert any("could not be inferred" in reason for reason in unknowns(report))
    fits = check(model_of("agraph (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu(x) }"))
    assert unknowns(fits) == ()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"calib_limit": 0}, "--calib-limit 0: at least 1"),
        ({"synthetic_images": 0}, "--synthetic-images 0: at least 1"),
        ({"z_threshold": 0.0}, "--z-threshold 0: standard deviations, above 0"),
        ({"z_threshold": float("nan")}, "--z-threshold nan"),
        ({"weights_budget": "small"}, "--weights-budget small: give bytes, or fit"),
        ({"gptq": -1}, "--gptq -1: epochs, at least 0"),
        ({"seed": -1}, "--seed -1"),
        ({"mean": (0.5,)}, "--mean needs --std"),
        ({"mean": (float("nan"),), "std": (1.0,)}, "neither infinite nor NaN"),
        ({"mean": (0.5,), "std": (float("inf"),)}, "neither infinite nor NaN"),
        ({"time_limit": float("nan")}, "--time-limit nan: seconds, above 0"),
    ],
)
def test_an_option_that_no_build_can_use_is_named(
    options: dict[str, object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=says):
        request_of("net.onnx", tmp_path / "out", "imx500", "", options).check()


def test_an_option_that_there_is_not_is_named() -> None:
    with pytest.raises(TypeError, match="colour"):
        request_of("net.onnx", Path("out"), "imx500", "", {"colour": 1})


def stops(tmp_path: Path, body: str, **options: object) -> None:
    """A build's first stage over the graph ``body``."""
    onnx.save(model_of(body), tmp_path / "net.onnx")
    request = request_of(str(tmp_path / "net.onnx"), tmp_path / "out", "imx500", "", options)
    network_of(request, load_target("imx500"), tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "agraph (float[1,3,64,64] x) => (float[1,3,64,64] y) <float s = {0.1}, uint8 z = {0}>"
            " { q = QuantizeLinear(x, s, z) y = DequantizeLinear(q, s, z) }",
            "SF101 QuantizeLinear",
        ),
        (
            "agraph (uint8[1,3,64,64] x) => (float[1,3,64,64] y) { y = Cast <to = 1> (x) }",
            "SF120 Cast",
        ),
    ],
    ids=["quantized by another tool", "pixels of 8 bits"],
)
def test_what_torch_cannot_carry_and_does_not_fit_stops_by_the_check(
    body: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=f"^net: does not fit, so nothing was quantized: {reason}") as said:
        stops(tmp_path, body)
    assert "--force" not in str(said.value)
    with pytest.raises(ModelError, match=r"net\.onnx"):
        stops(tmp_path, body, force=True)


@pytest.mark.heavy
def test_what_fix_says_of_the_file_is_said_of_the_build(tmp_path: Path) -> None:
    """The rewritten file is in float32: of its own it has nothing to say of the user's float16."""
    body = "agraph (float16[1,3,64,64] x) => (float16[1,3,31,31] y) { y = MaxPool <kernel_shape = [3, 3], strides = [2, 2]> (x) }"
    onnx.save(model_of(body), tmp_path / "half.onnx")
    for fix in (False, True):
        request = request_of(str(tmp_path / "half.onnx"), tmp_path / "out", "imx500", "", {"fix": fix})
        source, _ = network_of(request, load_target("imx500"), tmp_path)
        assert any("float16" in note and "float32" in note for note in source.notes)
