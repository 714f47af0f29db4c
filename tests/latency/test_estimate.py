"""The estimate: an interval around a figure, what widens it, and no graph that breaks it."""

from __future__ import annotations

import io
from collections.abc import Callable
from math import log
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from rich.console import Console

from sensorfit.api import load_target
from sensorfit.graph.ir import Graph, Node, Tensor
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.latency.calibration import shipped
from sensorfit.latency.estimate import WORDS, estimate, figures
from sensorfit.latency.parameters import RATES
from sensorfit.models.measured import DIRECTORY
from sensorfit.models.net import Net
from sensorfit.render.latency import render_latency
from sensorfit.target import Target, read_facts

Device = Callable[[Net], Graph]
GRAPHS = sorted((DIRECTORY.parent).glob("*.onnx")) + sorted(DIRECTORY.glob("*.onnx"))


@pytest.mark.parametrize("path", GRAPHS, ids=lambda p: p.stem)
def test_the_interval_surrounds_the_estimate_and_the_layers_make_it_up(path: Path, target: Target) -> None:
    source = load(path)
    report = estimate(lower(source), target, source=source)
    assert 0 < report.dsp_ms_low < report.dsp_ms < report.dsp_ms_high
    assert abs(report.cycles - sum(c.cycles for c in report.layers)) <= len(report.layers)
    assert report.complete
    assert 0 < report.macs_per_cycle < report.mac_units
    whole = (report.macs, report.dsp_ms, report.dsp_ms_low, report.dsp_ms_high, report.complete)
    assert figures(lower(source), target, source) == whole


def test_each_layer_has_an_interval_and_the_networks_is_narrower_than_their_sum(target: Target) -> None:
    source = load(DIRECTORY.parent / "picosam3.onnx")
    found = estimate(lower(source), target, source=source)
    assert all(x.cycles_low <= x.cycles <= x.cycles_high for x in found.layers)
    assert all(x.cycles_low < x.cycles_high for x in found.layers if x.cycles)
    to_ms = 1e3 / found.clock_hz
    assert sum(x.cycles_low for x in found.layers) * to_ms < found.dsp_ms_low
    assert found.dsp_ms_high < sum(x.cycles_high for x in found.layers) * to_ms


def test_a_network_of_measured_kinds_is_little_more_uncertain_than_the_model(
    device: Device, target: Target
) -> None:
    report = estimate(device(Net("g", 32, 32, 32).conv(32).conv(64, 1)), target)
    model = shipped(target)
    own = model.deviations * model.sigma
    assert report.notes == ()
    for far in (log(report.dsp_ms_high / report.dsp_ms), log(report.dsp_ms / report.dsp_ms_low)):
        assert own < far < 1.6 * own


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lambda n: n.depthwise(), "depthwise convolution"),
        (lambda n: n.conv(32, groups=4), "grouped convolution"),
        (lambda n: n.resize(64, 64, "linear"), "interpolated resizing"),
        (lambda n: n.node("Softmax", [n.here], n.shape, axis=1), "normalization and softmax"),
        (lambda n: n.node("Concat", [n.here, n.here], (64, 32, 32), axis=1), "data movement"),
    ],
)
def test_a_kind_that_no_measurement_isolates_widens_the_interval_and_is_named(
    device: Device, target: Target, layer: Callable[[Net], Net], words: str
) -> None:
    graph = device(layer(Net("g", 32, 32, 32).conv(32)))
    report = estimate(graph, target)
    assert any(note.startswith(words) for note in report.notes)
    model = shipped(target)
    kind = next(k for k, name in WORDS.items() if name == words)
    i = model.names.index(kind)
    sure = model._replace(
        covariance=tuple(
            tuple(0.0 if i in (a, b) else v for b, v in enumerate(row))
            for a, row in enumerate(model.covariance)
        )
    )
    known = estimate(graph, target, sure)
    assert report.dsp_ms_high > known.dsp_ms_high
    assert report.dsp_ms_low < known.dsp_ms_low


def test_every_parameter_has_a_range_with_its_reason() -> None:
    table = read_facts("cost_model", load_target())["prior"]
    assert set(table) == set(WORDS) | set(RATES)
    for name, entry in table.items():
        low, high = entry["range"]
        assert 0 < low < high, name
        assert entry["why"]


def test_macs_are_those_of_the_file_where_convolutions_merge(target: Target) -> None:
    # A linear 1x1 before a 1x1: quantization makes one convolution of the two.
    source = load(Net("g", 32, 16, 16).conv(8, 1, act="").conv(64, 1).model())
    low = lower(source)
    report = estimate(low, target, source=source)
    assert report.macs == 16 * 16 * (32 * 8 + 8 * 64)
    assert estimate(low, target).macs == sum(c.macs for c in report.layers)


def unknown(node: onnx.NodeProto, shape: list[int | str | None]) -> Graph:
    """A device graph of one node over an input of a strange shape."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_value_info("y", helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4, 3, 3])
    model = helper.make_model(
        helper.make_graph([node], "g", [x], [y], [weight]),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("custom", 1)],
        ir_version=8,
    )
    return lower(load(model))


@pytest.mark.parametrize(
    ("node", "shape"),
    [
        (helper.make_node("Conv", ["x", "w"], ["y"], name="n"), [1, 4, "h", "w_"]),
        (helper.make_node("Conv", ["x", "w"], ["y"], name="n"), [1, 4, None, 8]),
        (helper.make_node("Mystery", ["x"], ["y"], name="n", domain="custom"), [1, 4, 8, 8]),
        (helper.make_node("NonZero", ["x"], ["y"], name="n"), [1, 4, 8, 8]),
        (helper.make_node("Relu", ["x"], ["y"], name="n"), ["batch", "any"]),
    ],
    ids=["dynamic", "unknown", "foreign", "data-dependent", "all-dynamic"],
)
def test_what_cannot_be_counted_is_said(
    node: onnx.NodeProto, shape: list[int | str | None], target: Target
) -> None:
    report = estimate(unknown(node, shape), target)
    assert not report.complete
    assert f"n ({node.op_type})" in report.notes[0]


def test_a_graph_without_work_takes_no_time(target: Target) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    node = helper.make_node("Identity", ["x"], ["y"])
    model = helper.make_model(
        helper.make_graph([node], "g", [x], [y]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    report = estimate(lower(load(model)), target)
    assert (report.cycles, report.dsp_ms, report.fps, report.macs_per_cycle) == (0, 0, 0, 0)
    assert shown(report, target)


def shown(report: object, target: Target) -> str:
    out = io.StringIO()
    render_latency(report, Console(file=out, width=200), target)  # type: ignore[arg-type]
    return out.getvalue()


def test_the_reader_sees_the_interval_the_readout_and_the_evidence(target: Target) -> None:
    source = load(DIRECTORY / "mobilenet_v1.onnx")
    report = estimate(lower(source), target, source=source)
    text = shown(report, target)
    assert "5.5 ms at 3.1 MP" in text
    assert "16.5 ms at 12.3 MP" in text
    assert f"{report.macs:,}" in text
    assert f"{report.utilization:.0%} of 2,304" in text
    assert "inferred" in text
    assert f"{report.measurements} shipped measurements" in text
    assert "depthwise convolution" in text


def test_published_figures_stand_beside_the_estimate_with_what_they_cover(target: Target) -> None:
    from sensorfit.models.published import published
    from sensorfit.models.registry import find

    entry = find("picosam3")
    assert entry is not None
    source = load(entry.graph)
    out = io.StringIO()
    render_latency(
        estimate(lower(source), target, source=source),
        Console(file=out, width=250),
        target,
        published("picosam3"),
    )
    line = next(x for x in out.getvalue().splitlines() if "published" in x)
    assert "11.82 ms" in line
    assert "not stated" in line
    assert "2603.11917" in line


def test_a_name_from_the_file_prints_as_text(target: Target) -> None:
    net = Net("g", 4, 8, 8).conv(4, act="")
    model = net.model()
    model.graph.node[0].name = "[bold]\x1b[31mx"
    assert "[bold]\\x1b[31mx" in shown(estimate(lower(load(model)), target), target)


@pytest.mark.parametrize(
    ("op", "weight", "attrs"),
    [
        ("Conv", [4, 4, 3, 3], {"group": 0}),
        ("Conv", [4, 4, 3, 3], {"group": -2}),
        ("Conv", [4, 4, 3, 3], {"group": 3}),
        ("Conv", [4], {}),
        ("Conv", [0, 4, 3, 3], {}),
        ("ConvTranspose", [], {}),
        ("Gemm", [4], {}),
        ("MatMul", [], {}),
        ("Einsum", [4], {"equation": "......a,b->"}),
        ("Einsum", [4], {"equation": "->"}),
        ("LSTM", [4], {}),
        ("Resize", [4], {"mode": b"\xff"}),
    ],
)
def test_a_malformed_node_breaks_nothing(
    op: str, weight: list[int], attrs: dict[str, object], target: Target
) -> None:
    tensors = {
        "x": Tensor("x", (1, 4, 8, 8), "float32"),
        "w": Tensor("w", tuple(weight), "float32", constant=True),
        "y": Tensor("y", (1, 4, 6, 6), "float32"),
    }
    node = Node("n", op, ("x", "w"), ("", "y"), attrs)
    graph = Graph("g", (node,), tensors, ("x",), ("y",), 17)
    report = estimate(graph, target)
    assert report.cycles >= 0
    assert report.complete or report.layers


def test_a_node_that_writes_nothing_costs_nothing(target: Target) -> None:
    graph = Graph("g", (Node("n", "Conv", ("x", "w"), ()),), {}, (), (), 17)
    assert estimate(graph, target).cycles == 0
