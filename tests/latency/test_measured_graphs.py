"""The measured networks are rebuilt as their sources describe them."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import onnx
import pytest

from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.latency.macs import total_macs
from sensorfit.models.measured import BUILDERS, DIRECTORY

LAYERS = json.loads(
    (Path(__file__).parents[1] / "data" / "latency" / "mlonmcu_layers.json").read_text(encoding="utf-8")
)
OPS = {"Conv": "Conv2D", "Gemm": "MatMulBias", "GlobalAveragePool": "ReduceMean"}


@pytest.mark.parametrize("name", BUILDERS)
def test_the_committed_graph_is_what_the_builder_makes(name: str) -> None:
    assert onnx.load(str(DIRECTORY / f"{name}.onnx")) == BUILDERS[name]()


@pytest.mark.parametrize("name", LAYERS["networks"])
def test_the_cifar_networks_have_the_layers_that_the_converter_listed(name: str) -> None:
    graph = load(BUILDERS["baseline" if name == "improved" else name]())
    ours = [_row(graph, n) for n in graph.nodes if n.op not in ("Relu", "Flatten")]
    assert ours == [
        [op, _shapes(inputs)[:2], _shapes(output)[0]] for op, inputs, output in LAYERS["networks"][name]
    ]


def _row(graph: Graph, node: onnx.NodeProto) -> list[object]:
    def plain(name: str) -> tuple[int, ...]:
        shape = tuple(d or 0 for d in graph.shape(name) or ())
        if not graph.is_constant(name):
            return shape[1:]
        return (
            shape[::-1] if len(shape) == 2 else shape
        )  # Gemm's weights are (out, in), the listing's (in, out)

    inputs = [plain(i) for i in node.inputs[:2]]
    return [OPS.get(node.op, node.op), inputs, plain(node.outputs[0])]


def _shapes(text: str) -> list[tuple[int, ...]]:
    return [tuple(int(d) for d in s.split("x")) for s in text.split(", ")]


@pytest.mark.parametrize(
    ("name", "macs", "within"),
    [
        ("mobilenet_v1", 569_000_000, 0.001),  # the paper's table 4
        ("tinytracker", 11_800_000, 0.005),  # published.json and the authors' README
        (
            "efficientdet_lite0",
            973_589_696,
            0.005,
        ),  # rwightman's efficientdet-pytorch 0.4.1, counted on its export
        ("mobilevit_xs", 1_000_000_000, 0.05),
        ("mobilevit_xxs", 400_000_000, 0.05),
    ],
)
def test_macs_are_the_published_ones(name: str, macs: int, within: float) -> None:
    counted, unknown = total_macs(load(DIRECTORY / f"{name}.onnx"))
    assert counted == pytest.approx(macs, rel=within)
    assert not unknown


@pytest.mark.parametrize(
    ("name", "parameters", "within"),
    [("mobilenet_v1", 4_200_000, 0.01), ("lraspp_mobilenet_v3_small_full", 1_080_000, 0.02)],
)
def test_parameters_are_the_published_ones(name: str, parameters: int, within: float) -> None:
    model = onnx.load(str(DIRECTORY / f"{name}.onnx"))
    assert sum(prod(t.dims) for t in model.graph.initializer if t.dims) == pytest.approx(
        parameters, rel=within
    )


def test_the_detector_has_the_anchors_of_its_configuration() -> None:
    graph = load(DIRECTORY / "ssd_mobilenet_v2_fpnlite.onnx")
    boxes = [
        prod(d or 0 for d in graph.shape(o) or ()) for o in graph.outputs if (graph.shape(o) or ())[1] == 24
    ]
    assert sum(boxes) // 4 == 12_804


@pytest.mark.reference
@pytest.mark.parametrize("name", ["mobilevit_xs", "mobilevit_xxs"])
def test_a_fresh_export_of_the_zoo_has_the_operators_of_the_committed_graph(name: str) -> None:
    from collections import Counter

    from sensorfit.models.measured_zoo import BUILDERS as ZOO
    from sensorfit.models.measured_zoo import weightless

    fresh, committed = load(weightless(*ZOO[name]())), load(DIRECTORY / f"{name}.onnx")
    assert Counter(n.op for n in fresh.nodes) == Counter(n.op for n in committed.nodes)
    assert total_macs(fresh) == total_macs(committed)
