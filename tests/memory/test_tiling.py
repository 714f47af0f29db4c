"""Over the budget the converter may cut layers into tiles: what it did with recorded networks, and our verdicts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import onnx
import pytest

import sensorfit

DATA = Path(__file__).parents[1] / "data" / "memory"
ANSWERS: list[dict[str, Any]] = json.loads((DATA / "tiling.json").read_text(encoding="utf-8"))


@pytest.fixture(params=ANSWERS, ids=lambda a: a["name"])
def answer(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the converter said about one network that is over the budget as it stands."""
    return request.param  # type: ignore[no-any-return]


def report(answer: dict[str, Any]) -> sensorfit.Report:
    data = gzip.decompress((DATA / "tiling" / f"{answer['name']}.onnx.gz").read_bytes())
    return sensorfit.check(onnx.ModelProto.FromString(data), input_persistency=answer["input_persistency"])


def test_what_the_converter_tiled_is_never_called_lost_and_the_rest_never_a_fit(
    answer: dict[str, Any],
) -> None:
    verdict = report(answer).verdict
    assert verdict == ("unknown" if answer["exit_code"] == 0 else "does_not_fit")


def test_the_bytes_stay_those_of_the_network_as_it_stands(answer: dict[str, Any]) -> None:
    memory = report(answer).memory
    assert not memory.fits
    if answer["exit_code"] == 0:
        assert memory.runtime_bytes > answer["runtime_bytes"]


def test_weights_that_are_too_much_by_themselves_are_lost_whatever_is_tiled() -> None:
    shape = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 1024, 8, 8])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 1024, 6, 6])
    weight = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[1024, 1024, 3, 3])
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "w"], ["y"], "c")], "g", [shape], [out], [weight]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    assert sensorfit.check(model).verdict == "does_not_fit"
