"""Whatever the Python API is given that is no model, shape, target, profile or file is one sentence."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import sensorfit
from sensorfit.arguments import models_argument, shapes_argument
from sensorfit.errors import SensorfitError


class Odd:
    """A path that is none."""

    def __fspath__(self) -> Any:
        return 7


NO_MODELS = [
    None, 1, 1.5, True, b"\x08\x08", [], {}, ("picosam3",), object(), Odd(), np.zeros(3), lambda: 1, io.BytesIO(), onnx.GraphProto(),
    onnx.NodeProto(), onnx.TensorProto(), onnx.ModelProto(), "", " ", "a\0b", "a" * 5000, "a/" * 3000, Path("a" * 5000), "no such",
]  # fmt: skip
TAKES: dict[str, Callable[[Any], object]] = {
    "check": sensorfit.check,
    "explain": sensorfit.explain,
    "compare": lambda model: sensorfit.compare([model]),
    "diff": lambda model: sensorfit.diff(model, "picosam3"),
    "diff to": lambda model: sensorfit.diff("picosam3", model),
    "build": lambda model: sensorfit.build(model, "never-made"),
}


def sentence(call: Callable[[], object]) -> str:
    with pytest.raises(SensorfitError) as said:
        call()
    text = str(said.value)
    assert text.strip() and "\n" not in text and len(text) < 600 and said.value.exit_code == 2
    return text


@pytest.mark.parametrize("function", TAKES)
@pytest.mark.parametrize(
    "model",
    NO_MODELS,
    ids=lambda m: f"{type(m).__name__} {len(str(m))}" if isinstance(m, (str, Path)) else type(m).__name__,
)
def test_what_is_no_model_is_one_sentence(
    function: str, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sentence(lambda: TAKES[function](model))
    assert [*tmp_path.iterdir()] == []


def test_what_is_nearly_a_model_comes_with_the_way() -> None:
    assert "onnx.load_model_from_string" in sentence(lambda: sensorfit.check(b""))  # type: ignore[arg-type]
    assert "onnx.helper.make_model" in sentence(lambda: sensorfit.check(onnx.GraphProto()))
    assert "onnx.save" in sentence(lambda: sensorfit.explain(onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[1] x) => (float[1] y) { y = Relu(x) }')))  # fmt: skip


@pytest.mark.parametrize(
    "models", [None, 1, "picosam3", b"x", Path(), {}, onnx.ModelProto(), ["picosam3", None]], ids=str
)
def test_what_is_no_list_of_models_is_one_sentence(models: Any) -> None:
    sentence(lambda: sensorfit.compare(models))


BAD_SHAPES = [
    1, "1x3", b"x", [1, 3], [("", [1])], {"": None}, {"": 5}, {"": "1x3x96x96"}, {"": b"abcd"}, {"": {}}, {"": {1: 2}}, {"": [1, 3, -1, 96]},
    {"": [1, 3, 0, 96]}, {"": [1, 3, 96.0, 96]}, {"": [1, 3, True, 96]}, {"": [1, 3, "96", 96]}, {"": [None] * 4}, {"": [1] * 65},
    {"": [1, 3, float("nan"), 96]}, {1: [1]}, {None: [1]}, {"nope": [1]}, {"": [2**40] * 4}, {"": [1, 3, 96]}, {"": []},
]  # fmt: skip


@pytest.mark.parametrize("shapes", BAD_SHAPES, ids=lambda s: f"{s!r:.30}")
def test_what_is_no_shape_of_an_input_is_one_sentence(shapes: Any) -> None:
    sentence(lambda: sensorfit.check("picosam3", input_shapes=shapes))


def test_shapes_without_end_are_refused_and_whole_numbers_of_any_kind_taken() -> None:
    sentence(lambda: shapes_argument({"": count(1)}))
    assert shapes_argument({"x": np.array([1, 3]), "y": (n for n in (1, np.int64(2)))}) == {
        "x": (1, 3),
        "y": (1, 2),
    }
    assert shapes_argument(None) == {} and models_argument(iter(["a", Path("b")])) == ["a", Path("b")]


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, b"imx500", "../imx500", "a\0"], ids=repr)
@pytest.mark.parametrize("argument", ["target", "profile"])
def test_what_is_no_target_or_profile_is_one_sentence(argument: str, value: Any) -> None:
    assert f"there is no {argument}" in sentence(lambda: sensorfit.check("picosam3", **{argument: value}))


@pytest.mark.parametrize(
    "value", [1, [], {}, b"x", "", "a\0", "a" * 5000, "/dev/zero", "no such"], ids=lambda v: f"{v!r:.20}"
)
def test_what_is_no_calibration_is_one_sentence(value: Any) -> None:
    sentence(lambda: sensorfit.check("picosam3", calibration=value))


@pytest.mark.parametrize("command", ["check", "explain", "compare", "diff picosam3", "build"])
def test_a_name_too_long_is_exit_2_on_the_command_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import sys

    from sensorfit import cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sensorfit", *command.split(), "a" * 5000])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1 and len(error) < 1200


def test_a_model_that_is_not_there_is_refused_before_torch_is_imported(tmp_path: Path) -> None:
    script = "import sys, sensorfit\ntry: sensorfit.build('no such', 'out')\nexcept Exception as e: print(e)\nassert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "no such" in done.stdout, done.stderr
