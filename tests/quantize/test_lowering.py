"""Every form that the converter accepts becomes a torch module of the same numbers, or a rule says that it does not."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from sensorfit.api import load_target
from sensorfit.errors import ModelError
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.quantize.lowering import NoRoad, lowered_operators, to_module
from sensorfit.verify.engine import verify
from sensorfit.verify.facts import operators
from tools.probes.ask import answers
from tools.probes.front_end import FrontEnd
from tools.probes.packaged import PACKAGED
from tools.probes.packaged import RECORDED as PACKAGES
from tools.probes.packaged import said as packaging_of
from tools.probes.quantized import RECORDED, said
from tools.probes.versions import graphs, newest

pytestmark = pytest.mark.heavy

RULE = "SF131"
MOST_ELEMENTS = 2_000_000
"""Of a tensor of the graphs that are run."""
EXACT = 1e-5
"""Largest difference to onnxruntime, relative to the largest value."""
HALF = 2e-3
"""The same for graphs in float16, which onnxruntime computes in it and the module in float32."""
WELL_CONDITIONED = 8
"""Elements from which a normalization does not magnify the rounding of its inputs."""
LONG = 1024
"""Pixels of a side from which float32 rounds the positions between them by 1e-4."""
QUANTIZED: dict[str, str] = json.loads(RECORDED.read_text())
"""What MCT, and the front end behind it, said of the forms that were asked."""
DTYPES: dict[str, Any] = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(int64)": np.int64,
    "tensor(int32)": np.int32, "tensor(bool)": np.bool_, "tensor(uint8)": np.uint8,
}  # fmt: skip
PARTS = 24
"""The forms are tried in so many tests."""


@cache
def accepted() -> dict[str, onnx.ModelProto]:
    said = newest(answers())
    return {name: model for name, model in sorted(graphs().items()) if said[name]["verdict"] == "accepted"}


def fits(graph: Graph) -> bool:
    return all(f.support == "supported" for f in verify(graph, load_target()))


def not_quantizable(graph: Graph) -> bool:
    return any(f.rule == RULE for f in verify(graph, load_target()))


def compared(name: str, model: onnx.ModelProto) -> str:
    """What is wrong with the module of an accepted form; "" where nothing is."""
    try:
        graph = load(model, name)
    except ModelError:
        return ""  # beyond what is read at all
    if any((tensor.elements or 0) > MOST_ELEMENTS for tensor in graph.tensors.values()) or _crashes(graph):
        return ""
    reference = _run(model, graph)
    try:
        module = to_module(graph)
    except NoRoad as error:
        return "" if reference is None or not fits(graph) else f"{name}: {error}"
    if not_quantizable(graph) and QUANTIZED.get(name) == "accepted":
        return f"{name}: {RULE} says that it cannot be built, and it can"
    return "" if reference is None or _rounding(graph) else _differs(name, graph, module, *reference)


def _crashes(graph: Graph) -> bool:
    """Whether onnxruntime ends on it: padding below zero in a Conv, an input left out before the end of a LayerNormalization."""
    return any(
        (n.op == "Conv" and min(n.attrs.get("pads", (0,))) < 0)
        or (n.op == "LayerNormalization" and "" in (*n.inputs, *n.outputs))
        for n in graph.nodes
    )


def _rounding(graph: Graph) -> bool:
    """Whether the result magnifies rounding: of positions far apart, of the difference of nearly equal numbers, of a divisor near 0."""
    resized = [(graph.shape(n.inputs[0]), graph.shape(n.outputs[0])) for n in graph.nodes if n.op == "Resize"]
    norms = [graph.tensors[n.inputs[1]].elements for n in graph.nodes if n.op == "LayerNormalization"]
    far = any(
        new != old and max(old, new) > LONG
        for a, b in resized
        for old, new in zip(a or (), b or (), strict=True)
    )  # type: ignore[operator]
    divided = any(n.op == "Div" and not graph.is_constant(n.inputs[1]) for n in graph.nodes)
    return far or divided or any((elements or 0) < WELL_CONDITIONED for elements in norms)


def _run(model: onnx.ModelProto, graph: Graph) -> tuple[dict[str, Any], list[Any]] | None:
    """Inputs and what onnxruntime makes of them; None for a type or form that it does not run."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    rng = np.random.default_rng(0)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        feeds = {}
        for value in session.get_inputs():
            dtype = np.dtype(DTYPES[value.type])
            numbers = rng.random(graph.shape(value.name))  # type: ignore[arg-type]
            feeds[value.name] = (numbers * 2 - 0.5 if dtype.kind == "f" else numbers * 3).astype(dtype)
        return feeds, session.run(None, feeds)
    except Exception:
        return None


def _differs(
    name: str, graph: Graph, module: torch.nn.Module, feeds: dict[str, Any], wanted: list[Any]
) -> str:
    half = any(t.dtype in ("float16", "float64") for t in graph.tensors.values())
    given = [
        torch.from_numpy(feeds[i].astype(np.float32) if feeds[i].dtype.kind == "f" else feeds[i])
        for i in graph.inputs
    ]
    with torch.no_grad():
        found = module(*given)
    for a, b in zip(wanted, [found] if isinstance(found, torch.Tensor) else found, strict=True):
        if a.shape != tuple(b.shape):
            return f"{name}: {tuple(b.shape)}, wanted {a.shape}"
        a64, b64 = a.astype(np.float64), b.numpy().astype(np.float64)
        scale = np.abs(a64[np.isfinite(a64)]).max(initial=0) or 1.0
        bound = HALF if half else EXACT
        if not np.allclose(a64, b64, rtol=bound, atol=bound * scale, equal_nan=True):
            return f"{name}: off by {np.nanmax(np.abs(a64 - b64)) / scale:.1e} of the largest value"
    return ""


def test_every_supported_operator_is_lowered() -> None:
    rows = operators(load_target())
    supported = {op for op, row in rows.items() if row.get("support") == "supported"}
    folded = {"ConstantOfShape", "Range"}  # results of constants alone, which never stand in the folded graph
    assert supported - set(lowered_operators()) == folded


@pytest.mark.toolchain
@pytest.mark.parametrize("part", range(PARTS))
def test_an_accepted_form_gives_onnxruntimes_numbers_or_breaks_the_rule(part: int) -> None:
    wrong = [said for name, model in list(accepted().items())[part::PARTS] if (said := compared(name, model))]
    assert wrong == []


def test_a_sample_of_the_accepted_forms_gives_onnxruntimes_numbers() -> None:
    wrong = [said for name, model in list(accepted().items())[::20] if (said := compared(name, model))]
    assert wrong == []


@pytest.mark.parametrize("stopped", [False, True])
def test_a_form_breaks_the_rule_where_mct_or_the_front_end_behind_it_stops(stopped: bool) -> None:
    asked = {n for n, answer in QUANTIZED.items() if (answer != "accepted") == stopped}
    assert asked and {n for n in asked if not_quantizable(load(accepted()[n], n)) != stopped} == set()


@pytest.mark.toolchain
def test_mct_still_answers_as_recorded() -> None:
    front_end = FrontEnd()
    names = [*sorted(n for n, a in QUANTIZED.items() if a != "accepted"), *sorted(QUANTIZED)[::40]]
    answers_now = {n: said(n, accepted()[n], front_end) for n in names}
    assert {n: a == "accepted" for n, a in answers_now.items()} == {
        n: QUANTIZED[n] == "accepted" for n in names
    }


@pytest.mark.parametrize("packaged", [False, True])
def test_a_form_breaks_the_rule_of_packages_where_the_converter_writes_none(packaged: bool) -> None:
    answers_of = json.loads(PACKAGES.read_text())
    asked = {n for n, answer in answers_of.items() if (answer == PACKAGED) == packaged}
    judged = {n: {f.rule for f in verify(load(accepted()[n], n), load_target())} for n in asked}
    assert asked and {n for n, rules in judged.items() if ("SF132" not in rules) != packaged} == set()


@pytest.mark.toolchain
def test_the_converter_still_stops_behind_the_report_of_a_gather_of_elements() -> None:
    answer = packaging_of("gatherel", accepted()["gatherel"])
    assert answer is not None and answer == json.loads(PACKAGES.read_text())["gatherel"]
