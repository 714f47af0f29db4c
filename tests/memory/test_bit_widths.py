"""Quantized graphs with 4- and 2-bit weights and 16-bit activations, against the converter's own numbers."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import onnx
import pytest

from sensorfit import check
from sensorfit.api import explain, load_target
from sensorfit.errors import ConfigError
from sensorfit.explanation.parts import weights_at
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from sensorfit.memory.model import MemoryReport
from sensorfit.render.explanation.markdown import render

DATA = Path(__file__).parents[1] / "data" / "memory"
ANSWERS: dict[str, dict[str, Any]] = json.loads((DATA / "bit_widths.json").read_text(encoding="utf-8"))
DEVIATIONS: dict[str, tuple[int, int]] = {
    "nf": (-32, 0),
    "qact": (0, -512),
    "qmul2": (-64, 0),
    "sub8": (0, -960),
    "qout": (0, -64),
}
"""Cases whose (weights, runtime) errors are known, see docs/memory.md: exact values, so that any change shows."""


def quantized(name: str) -> onnx.ModelProto:
    return onnx.load_from_string(gzip.decompress((DATA / "bit_widths" / f"{name}.onnx.gz").read_bytes()))


def report(model: onnx.ModelProto) -> MemoryReport:
    return analyse(lower(load(model, "net")), load_target(), input_persistency=False)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_network_of_other_widths_takes_what_the_converter_says(name: str) -> None:
    found, answer = report(quantized(name)), ANSWERS[name]
    error = (found.weights_bytes - answer["weights_bytes"], found.runtime_bytes - answer["runtime_bytes"])
    assert error == DEVIATIONS.get(name, (0, 0))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_widths_that_the_line_asks_for_are_in_the_graph(name: str) -> None:
    bits = {
        kind: {a.i for n in quantized(name).graph.node if kind in n.op_type for a in n.attribute if a.name == "num_bits"}
        for kind in ("Weights", "Activation")
    }  # fmt: skip
    spec = ANSWERS[name]["spec"]
    assert {int(w) for w in re.findall(r" w(\d+)", spec)} <= bits["Weights"]
    assert {int(w) for w in re.findall(r" q(\d+)", spec)} <= bits["Activation"]


def test_the_names_of_a_quantized_graph_mean_nothing() -> None:
    model = quantized("qadd")
    plain = report(model)
    for value in (*model.graph.input, *model.graph.initializer, *model.graph.output):
        value.name = f"t{hash_of(value.name)}"
    for node in model.graph.node:
        node.name = f"n{hash_of(node.name)}"
        node.input[:] = [f"t{hash_of(i)}" for i in node.input]
        node.output[:] = [f"t{hash_of(o)}" for o in node.output]
    renamed = report(model)
    assert (renamed.weights_bytes, renamed.runtime_bytes) == (plain.weights_bytes, plain.runtime_bytes)


def hash_of(name: str) -> int:
    """A number for a name that keeps no order."""
    return sum((i + 1) * 7919 * b for i, b in enumerate(name.encode())) % 1_000_003


def test_the_parameters_of_a_quantized_graph_are_counted_without_thresholds() -> None:
    assert check(quantized("qa")).model.parameters == (3 * 9 + 1) * 32 + (32 * 9 + 1) * 32 + (32 + 1) * 32


@pytest.mark.parametrize("name", ["d4", "n4"])
def test_what_explain_says_of_4_bit_weights_is_what_the_converter_then_takes(name: str) -> None:
    """Every kernel of these is of 4 bits; at 8 bits they are what a user has who asks for the projection."""
    model = quantized(name)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "num_bits":
                attribute.i = 8
    graph = lower(load(model, name))
    assert report(model).weights_bytes > ANSWERS[name]["weights_bytes"]
    assert weights_at(graph, load_target(), 4) == ANSWERS[name]["weights_bytes"]


@pytest.mark.parametrize(("name", "bits"), [("d4", 4), ("d2", 2)])
def test_weights_are_counted_at_the_bits_asked_for(name: str, bits: int) -> None:
    model = quantized(name)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "num_bits" and node.op_type.startswith("Weights"):
                attribute.i = 8
    found = check(model, weight_bits=bits, input_persistency=False)
    assert found.memory.weights_bytes == ANSWERS[name]["weights_bytes"] < check(model).memory.weights_bytes
    assert found.memory.weight_bits == bits and f"at {bits} bits" in found.model.note
    with pytest.raises(ConfigError, match="weight_bits is 6: choose from 8, 4, 2"):
        check(model, weight_bits=6)


def test_4_bit_weights_save_nothing_where_they_are_2_bits_already() -> None:
    assert weights_at(lower(load(quantized("d2"), "d2")), load_target(), 4) == ANSWERS["d2"]["weights_bytes"]


def test_a_quantized_graph_is_explained_as_quantized(tmp_path: Path) -> None:
    path = tmp_path / "d2.onnx"
    onnx.save(quantized("d2"), path)
    page = render(explain(path))
    assert "weights as quantized" in page
    assert "4-bit weights" not in page


def test_the_parameters_of_a_graph_quantized_the_onnx_way_are_counted_without_scales() -> None:
    model = onnx.parser.parse_model("""<ir_version: 8, opset_import: ["" : 17]>
        g (float[1,3,8,8] x) => (float[1,2,8,8] y)
        <int8[2,3,1,1] q = {1,1,1,1,1,1}, float[2] s = {0.1,0.1}, int8[2] z = {0,0}>
        { w = DequantizeLinear <axis = 0> (q, s, z)  y = Conv (x, w) }""")
    assert check(model).model.parameters == 6


LINE = (
    "3x48x56 | a=conv x 24 k3 s2 w4 | b=relu a | c=dw b k5 w2 | d=relu c | e=conv d 72 k1 w2 q16 "
    "| f=conv d 72 k3 w4 q16 | g=add e f | h=relu g | i=conv h 40 k3 w4 | i"
)


@pytest.mark.toolchain
def test_a_fresh_network_of_other_widths_takes_what_we_said(tmp_path: Path) -> None:
    from tools.bit_width_probes import quantize_widths
    from tools.memory_probes import convert

    quantize_widths(LINE, tmp_path / "fresh.onnx")
    found = report(onnx.load(tmp_path / "fresh.onnx"))
    answer = convert(tmp_path / "fresh.onnx", tmp_path / "out", persistency=False)
    assert (found.weights_bytes, found.runtime_bytes) == (answer["weights_bytes"], answer["runtime_bytes"])
