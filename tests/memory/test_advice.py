"""Culprits, padding, findings and the largest input."""

from __future__ import annotations

import gzip
import io
import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from rich.console import Console

import sensorfit
from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from sensorfit.memory.largest_input import FOUR_BY_THREE, largest_input
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.model import MemoryReport
from sensorfit.render.memory import render_timeline
from sensorfit.rules.memory import findings
from tests.conftest import model_of
from tests.verify.text import model as example

GRAPHS = Path(__file__).resolve().parents[2] / "models" / "graphs"
PICOSAM3 = GRAPHS / "picosam3.onnx"
TARGET = load_target()


def report_at(side: int, persistency: bool = True) -> MemoryReport:
    return analyse(lower(load(PICOSAM3, None, {"": (1, 3, side, side)})), TARGET, persistency)


def test_the_peak_is_the_last_depthwise_convolution_with_its_two_tensors_and_the_skip() -> None:
    report = report_at(96)
    assert "up4" in report.steps[report.peak_step].node
    assert [culprit.bytes for culprit in report.culprits] == [884_736, 884_736, 589_824, 12_384]


def test_a_culprit_with_fewer_channels_lowers_the_peak_by_a_block() -> None:
    report = report_at(96)
    wide = report.culprits[0]
    assert (wide.shape[1], wide.fewer_channels) == (80, 64)
    assert report.runtime_bytes - wide.runtime_if_fewer == 32 * 96 * 96
    assert wide.runtime_if_gone < wide.runtime_if_fewer < report.runtime_bytes


def test_forty_channels_are_just_past_a_boundary() -> None:
    found = report_at(96).padding
    assert {(item.channels, item.paid_channels, item.boundary) for item in found} == {(40, 64, 32)}
    assert found[0].bytes == 32 * 96 * 96


def test_what_does_not_fit_is_an_error_with_a_way_out() -> None:
    report = report_at(192)
    assert not report.fits
    device = lower(load(PICOSAM3, None, {"": (1, 3, 192, 192)}))
    found = [f for f in findings(device, report, TARGET) if f.rule == "SF301"]
    assert [f.support for f in found] == ["unsupported"]
    assert f"{report.total_bytes:,} B" in found[0].message
    assert found[0].fix == "re-export at 1x3x160x160" and report_at(160).fits


def test_no_verdict_without_all_sizes() -> None:
    from dataclasses import replace

    device = lower(load(PICOSAM3))
    found = list(findings(device, replace(report_at(96), complete=False), TARGET))
    assert [(f.rule, f.support) for f in found] == [("SF304", "unknown")]


def test_what_could_not_be_counted_is_said_without_what_is_merely_uncertain() -> None:
    from dataclasses import replace

    part = replace(report_at(96), complete=False, missing=("sizes are open",))
    (found,) = findings(lower(load(PICOSAM3)), replace(part, notes=("sizes are open", "an order")), TARGET)
    assert found.message.endswith("sizes are open")


def test_what_is_over_without_all_sizes_is_over_with_them() -> None:
    from dataclasses import replace

    device = lower(load(PICOSAM3))
    found = list(findings(device, replace(report_at(192), complete=False), TARGET))
    assert [(f.rule, f.support) for f in found] == [("SF301", "unsupported")]


def test_the_largest_inputs_fit_and_the_next_size_does_not() -> None:
    square = largest_input(PICOSAM3, load(PICOSAM3), TARGET).found
    assert square.size is not None
    side = square.size[0]
    assert (
        report_at(side).total_bytes
        == square.total_bytes
        <= TARGET.budget_bytes
        < report_at(side + 16).total_bytes
    )
    oblong = largest_input(PICOSAM3, load(PICOSAM3), TARGET, FOUR_BY_THREE).found
    assert oblong.size is not None
    assert oblong.size[1] * 3 == oblong.size[0] * 4


def test_the_largest_input_in_tiles_is_one_that_the_check_calls_fitting() -> None:
    convolution = "Conv<kernel_shape=[3,3], pads=[1,1,1,1]>"
    model = model_of(
        f"g (float[1,3,96,96] x) => (float[1,8,96,96] y) <float[64,3,3,3] v, float[64,64,3,3] w, float[8,64,3,3] u> "
        f"{{ a = {convolution}(x, v) b = {convolution}(a, w) y = {convolution}(b, u) }}"
    )
    for name, dims in {"v": [64, 3, 3, 3], "w": [64, 64, 3, 3], "u": [8, 64, 3, 3]}.items():
        model.graph.initializer.append(onnx.TensorProto(name=name, data_type=1, dims=dims))
    del model.graph.output[0].type.tensor_type.shape.dim[2:]
    for free in ("h", "w"):
        model.graph.output[0].type.tensor_type.shape.dim.add(dim_param=free)
    square = sensorfit.check(model, largest_inputs=True).memory.largest_inputs[0]
    assert square.size is not None and square.tiled_size is not None
    assert square.tiled_size > square.size
    report = sensorfit.check(model, input_shapes={"": (1, 3, *square.tiled_size)})
    assert (report.verdict, report.memory.fits) == ("fits", False)
    assert report.memory.tiled_total_bytes == square.tiled_total_bytes


def test_a_model_with_a_fixed_shape_inside_cannot_be_resized() -> None:
    file = GRAPHS / "sam-decoder-96.onnx"
    found = largest_input(file, load(file), TARGET).found
    assert found.size is None
    assert found.reason


def test_the_timeline_names_every_step_and_the_peak() -> None:
    report = report_at(96)
    written = io.StringIO()
    render_timeline(report, Console(file=written, width=140))
    text = written.getvalue()
    assert text.count("\n") > len(report.steps)
    assert "← peak" in text
    assert "884,736" in text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("t = Relu(x) y = MatMul(x, t)", False),
        ("y = LayerNormalization(x, s)", False),
        ("y = Relu(x)", False),
    ],
)
def test_what_is_counted_only_in_part_is_said(body: str, said: bool) -> None:
    model = model_of(f"g (float[1,16,32,32] x, float[32] s) => (float[1,16,32,32] y) {{ {body} }}")
    notes = analyse(lower(load(model)), TARGET).notes
    assert any("only in part" in note for note in notes) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("t = HardSwish(x) y = Conv(t, w)", True),
        ("t = PRelu(x, p) y = Conv(t, w)", True),
        ("t = LeakyRelu(x) y = Conv(t, w)", False),
        ("t = HardSwish(x) u = AveragePool<kernel_shape=[1,1]>(t) y = Conv(u, w)", True),
        ("t = HardSwish(x) y = MatMul(t, m)", True),
        ("t = HardSwish(x) y = MatMul(t, t)", False),
        ("t = HardSwish(x) u = Conv(t, w) y = Mul(t, u)", False),
        ("t = HardSwish(x) y = MaxPool<kernel_shape=[1,1]>(t)", False),
    ],
)
def test_a_shift_needs_a_kernel_that_makes_up_for_it(body: str, said: bool) -> None:
    weights = "float[32,32,1,1] w, float[32,32] m, float[32,1,1] p"
    model = model_of(f"g (float[1,32,32,32] x) => (float[1,32,32,32] y) <{weights}> {{ {body} }}")
    given = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.value_info}
    for name, dims in given.items():
        model.graph.initializer.append(onnx.TensorProto(name=name, data_type=1, dims=dims))
    assert any("shift" in note for note in analyse(lower(load(model)), TARGET).notes) == said


def test_activations_that_quantization_may_shift_are_named_with_what_it_cost(tmp_path: Path) -> None:
    """The figure is the converter's on the same network with and without its 26 shifts."""
    data = Path(__file__).parents[1] / "data" / "memory"
    plain = json.loads((data / "probes.json").read_text(encoding="utf-8"))["edgesam_deploy_96"]
    shifted = json.loads((data / "bit_widths.json").read_text(encoding="utf-8"))["edgesam_deploy_96_shifted"]
    cost = shifted["runtime_bytes"] / plain["runtime_bytes"] - 1
    assert round(cost, 2) == load_memory_facts(load_target()).shift_error

    def notes(path: Path) -> list[str]:
        model = onnx.load_from_string(gzip.decompress(path.read_bytes()))
        found = analyse(lower(load(model, path.name)), load_target()).notes
        return [note for note in found if "shift" in note]

    (note,) = notes(data / "probes" / "edgesam_deploy_96.onnx.gz")
    assert "Gelu" in note
    assert f"re-parameterised encoder at 96x96: {cost:.0%} more runtime memory" in note
    assert not notes(data / "bit_widths" / "edgesam_deploy_96_shifted.onnx.gz")
    assert not notes(data / "corpus" / "picosam3_96.onnx.gz")


def weighted(text: str, **shapes: tuple[int, ...]) -> onnx.ModelProto:
    """The graph of ``text`` with weights of these shapes, zero."""
    model = model_of(text)
    for name, shape in shapes.items():
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
    return model


def enlarging(side: int, tail: str) -> onnx.ModelProto:
    """21 classes at an eighth of the input's size, enlarged to it; ``tail`` makes y of the enlarged e."""
    return weighted(
        f"agraph (float[1,3,{side},{side}] x) => (float[1,21,{side},{side}] y) "
        "<float[4] s = {1.0, 1.0, 8.0, 8.0}> {"
        "a = Conv <kernel_shape = [3, 3], strides = [8, 8], pads = [1, 1, 0, 0]> (x, u)"
        "c = Conv (a, w)"
        'e = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (c, , s)'
        f"{tail} }}",
        u=(16, 3, 3, 3),
        w=(21, 16, 1, 1),
    )


@pytest.mark.parametrize("tail", ["y = Identity(e)", "y = Sigmoid(e)"])
def test_a_last_resize_at_the_peak_is_offered_to_the_host_with_both_figures(tail: str) -> None:
    report = sensorfit.check(enlarging(640, tail))
    whole, host = report.memory, report.memory.resize_on_host
    assert not whole.fits and host is not None and host.total_bytes < whole.budget_bytes
    (fix,) = [f.fix for f in report.findings if f.rule == "SF301"]
    assert (
        f"to the host: {host.total_bytes / 2**20:.2f} MiB instead of {whole.total_bytes / 2**20:.2f} MiB"
        in fix
    )
    small = weighted(
        "agraph (float[1,3,640,640] x) => (float[1,21,80,80] c) {"
        "a = Conv <kernel_shape = [3, 3], strides = [8, 8], pads = [1, 1, 0, 0]> (x, u) c = Conv (a, w) }",
        u=(16, 3, 3, 3),
        w=(21, 16, 1, 1),
    )
    assert sensorfit.check(small).memory.total_bytes == host.total_bytes


def test_a_resize_that_others_read_is_not_left_to_the_host() -> None:
    report = sensorfit.check(enlarging(640, "r = Relu(e) y = Add(e, r)"))
    assert not report.memory.fits and report.memory.resize_on_host is None


def test_where_weights_fill_the_memory_no_input_size_is_offered() -> None:
    text = (
        "agraph (float[1,3,64,64] x) => (float[1,2048,4,4] y) {"
        "a = Conv <kernel_shape = [16, 16], strides = [16, 16]> (x, u)"
        "y = Conv <kernel_shape = [2, 2], pads = [0, 0, 1, 1]> (a, w) }"
    )
    report = sensorfit.check(weighted(text, u=(1024, 3, 16, 16), w=(2048, 1024, 2, 2)))
    (fix,) = [f.fix for f in report.findings if f.rule == "SF301"]
    assert not report.memory.fits and "scale the input" not in fix
    assert re.search(r"weights to \d\.\d bits on average \(sensorfit build --weights-budget fit\)", fix)


def test_where_almost_nothing_is_left_the_kept_input_is_what_can_be_freed() -> None:
    def advice(side: int, persistency: bool) -> str:
        text = (
            f"(float[1,3,{side},{side}] x) => (float[1,64,{side},{side}] y) <float[64,3,3,3] w> "
            "{ y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }"
        )
        report = sensorfit.check(example(text), input_persistency=persistency)
        (fix,) = [f.fix for f in report.findings if f.rule == "SF302"]
        return fix

    assert "--no-input-persistency frees 0." in advice(248, True)
    assert "--no-input-persistency" not in advice(252, False)


@pytest.mark.parametrize(("columns", "verdict"), [(442, "unknown"), (400, "fits")])
def test_what_the_converter_takes_beside_its_report_is_not_promised_away(columns: int, verdict: str) -> None:
    text = f"(float[1,3,498,{columns}] x) => (float[1,3,498,{columns}] y) {{ a = Relu (x) y = Sigmoid (a) }}"
    report = sensorfit.check(example(text))
    assert report.memory.fits and report.verdict == verdict
    assert [f.rule for f in report.findings if f.support == "unknown"] == ["SF306"] * (verdict == "unknown")


def test_without_its_kept_input_a_nearly_full_network_fits() -> None:
    text = "(float[1,3,498,442] x) => (float[1,3,498,442] y) { a = Relu (x) y = Sigmoid (a) }"
    kept, freed = (sensorfit.check(example(text), input_persistency=wanted) for wanted in (True, False))
    (fix,) = [f.fix for f in kept.findings if f.rule == "SF306"]
    assert fix.startswith("build with --no-input-persistency, which frees 0.64 MiB; or ")
    assert freed.verdict == "fits"
