"""The committed graphs reproduce the recipe's figures: parameters exactly, MACs, operator counts.

The expectations are the figures published with the recipes (three to five
digits), plus the modules' own exact parameter counts.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import onnx
import pytest

from sensorfit.explanation.structure import compute_operators, largest
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.strip import is_stripped
from sensorfit.latency.macs import macs
from sensorfit.models.registry import find, names

GRAPHS = Path(str(find("tinysam").graph)).parent  # type: ignore[union-attr]
TINYVIT = {"Softmax": 10, "LayerNormalization": 20, "Erf": 23, "Gemm": 40, "MatMul": 20, "Conv": 29}
REPVIT = {
    "Conv": 130,
    "Erf": 27,
    "Sigmoid": 10,
    "Resize": 1,
    "Softmax": 0,
    "MatMul": 0,
    "LayerNormalization": 0,
}
DECODER = {
    "Softmax": 7, "LayerNormalization": 9, "Gemm": 47, "MatMul": 16, "ConvTranspose": 2, "Sin": 1, "Cos": 1, "Tile": 1, "Expand": 1,
}  # fmt: skip

# file: (parameters, recipe's parameters in M with its digits, recipe's GMACs, operators)
RECIPE: dict[str, tuple[int, str, float, Mapping[str, int]]] = {
    "mobilesam-encoder": (5_743_892, "5.744", 38.77, TINYVIT),
    "mobilesam-encoder-96": (5_743_892, "5.744", 0.504, TINYVIT),
    "edgesam-encoder": (5_517_552, "5.518", 20.05, REPVIT),
    "edgesam-encoder-96": (5_517_552, "5.518", 0.176, REPVIT),
    "edgesam-encoder-deploy": (5_485_896, "5.486", 20.02, {**REPVIT, "Conv": 107}),
    "edgesam-encoder-deploy-96": (5_485_896, "5.486", 0.176, {**REPVIT, "Conv": 107}),
    "sam-decoder": (4_064_560, "4.065", 1.81, DECODER),
    "sam-decoder-96": (4_064_560, "4.065", 0.037, DECODER),
    "tinysam-decoder": (4_064_560, "4.065", 1.81, DECODER),
    "tinysam-decoder-96": (4_064_560, "4.065", 0.037, DECODER),
    "efficientsam-ti-encoder": (6_163_648, "6.16", 102, {"Softmax": 12, "LayerNormalization": 24}),
    "efficientsam-s-encoder": (22_353_280, "22.35", 246, {"Softmax": 12, "LayerNormalization": 24}),
    "slimsam-77-encoder": (5_658_968, "5.66", 46.6, {"Softmax": 12, "Einsum": 24}),
    "slimsam-50-encoder": (23_897_216, "23.90", 153, {"Softmax": 12, "Einsum": 24}),
    "sam-vit-b-encoder": (
        89_670_912,
        "89.67",
        486.0,
        {"Einsum": 24, "Softmax": 12, "LayerNormalization": 24},
    ),
    "sam-vit-h-encoder": (637_026_048, "637.0", 2980.5, {"Einsum": 64, "Softmax": 32}),
    "sam2.1-tiny-encoder": (27_219_136, "27.2", 145, {"Softmax": 12, "LayerNormalization": 24}),
    "sam2.1-small-encoder": (34_316_992, "34.3", 179, {"Softmax": 16, "LayerNormalization": 32}),
    "sam2.1-base-plus-encoder": (69_106_816, "69.1", 323, {"Softmax": 24, "LayerNormalization": 48}),
}
LARGEST = {"mobilesam-encoder": 16_777_216, "edgesam-encoder": 6_291_456}
"""Elements of the largest activation: the recipe's 16.8 M and 6.3 M."""


@cache
def graph(name: str) -> Graph:
    return load(GRAPHS / f"{name}.onnx", name)


@pytest.mark.parametrize("name", RECIPE)
def test_parameters_are_the_recipes(name: str) -> None:
    exact, recipe, _, _ = RECIPE[name]
    stated = {p.key: p.value for p in onnx.load(GRAPHS / f"{name}.onnx").metadata_props}[
        "sensorfit.parameters"
    ]
    digits = len(recipe.partition(".")[2])
    assert int(stated) == exact
    assert f"{exact / 1e6:.{digits}f}" == recipe


@pytest.mark.parametrize("name", RECIPE)
def test_macs_are_within_one_percent_of_the_recipe(name: str) -> None:
    counted = [macs(graph(name), node) for node in graph(name).nodes]
    assert None not in counted
    assert sum(m for m in counted if m) / 1e9 == pytest.approx(RECIPE[name][2], rel=0.01)


@pytest.mark.parametrize("name", RECIPE)
def test_operator_counts_are_the_recipes(name: str) -> None:
    counted = compute_operators(graph(name))
    assert {op: counted.get(op, 0) for op in RECIPE[name][3]} == RECIPE[name][3]


@pytest.mark.parametrize("name", RECIPE)
def test_every_shape_is_static(name: str) -> None:
    unknown = [t.name for t in graph(name).tensors.values() if not t.static]
    assert unknown == []


@pytest.mark.parametrize("name", LARGEST)
def test_largest_tensor_is_the_recipes(name: str) -> None:
    found = largest(graph(name))
    assert found is not None
    assert found.elements == LARGEST[name]


@pytest.mark.parametrize("path", sorted(GRAPHS.glob("*.onnx")), ids=lambda p: p.stem)
def test_graphs_are_weightless_and_small(path: Path) -> None:
    assert is_stripped(onnx.load(path))
    assert path.stat().st_size < 700_000


def test_every_recipe_has_its_graph_and_every_part_its_recipe() -> None:
    parts = {find(part).graph.stem for name in names() for part in find(name).parts}  # type: ignore[union-attr]
    assert parts == set(RECIPE)
    assert all((GRAPHS / f"{name}.onnx").exists() for name in RECIPE)


def test_embeddings_have_the_published_shape() -> None:
    for name in RECIPE:
        if name.endswith("encoder"):
            assert graph(name).shape("embedding") == (1, 256, 64, 64)
