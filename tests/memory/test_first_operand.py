"""The first operand of a sum or product gives the order of the axes: a constant there costs changes of layout.

Asked of imx500-converter 3.19.2 with --model-insight: the probes first_scale, first_scale_sum, first_scale_out (`w * x`,
a Transform before the product and one behind), first_scale_last (channels last), second_shift and second_scale_last.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.model import MemoryReport
from sensorfit.memory.steps import device_steps

DATA = Path(__file__).parents[1] / "data/memory"
ANSWERS = json.loads((DATA / "probes.json").read_text())


def graph(name: str) -> onnx.ModelProto:
    return onnx.load_from_string(gzip.decompress((DATA / f"probes/{name}.onnx.gz").read_bytes()))


def report(model: onnx.ModelProto) -> MemoryReport:
    return analyse(lower(load(model, "net")), load_target(), input_persistency=False)


def turned(model: onnx.ModelProto) -> list[str]:
    """The steps that change the layout, but for the input's and the outputs'."""
    program = device_steps(lower(load(model, "net")), load_memory_facts(load_target()))
    steps = [
        op.name for op in program.operations if op.op == "Transform" and op.reads[0] not in program.inputs
    ]
    return [name for name in steps if not name.startswith("/l_a/") and "output" not in name]


def swapped(model: onnx.ModelProto) -> onnx.ModelProto:
    for node in model.graph.node:
        if node.op_type == "Mul":
            node.input[:] = node.input[::-1]
    return model


@pytest.mark.parametrize(
    "name",
    ["first_scale", "first_scale_sum", "first_scale_out", "first_scale_last", "second_shift", "second_scale_last", "e6004",
     "pool_uncounted"],
)  # fmt: skip
def test_the_bytes_are_the_converters(name: str) -> None:
    found, answer = report(graph(name)), ANSWERS[name]
    assert (found.weights_bytes, found.runtime_bytes) == (answer["weights_bytes"], answer["runtime_bytes"])


def test_a_constant_that_stands_first_turns_its_map_and_every_reader_turns_the_result() -> None:
    assert turned(graph("first_scale")) == ["/l_s/Mul/transform", "/l_c/Conv/transform"]
    assert turned(swapped(graph("first_scale"))) == []


def test_it_costs_memory_where_that_is_the_peak() -> None:
    assert report(graph("e6004")).runtime_bytes == 329_728  # the converter's
    assert report(swapped(graph("e6004"))).runtime_bytes == 262_144


def test_an_average_that_counts_no_zeros_pads_nothing() -> None:
    model = graph("pool_uncounted")
    (pool,) = [node for node in model.graph.node if node.op_type == "AveragePool"]
    assert not [step for step in report(model).steps if step.op == "Pad"]
    del pool.attribute[:]
    pool.attribute.extend(
        onnx.helper.make_attribute(key, value)
        for key, value in {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}.items()
    )
    assert [step.op for step in report(model).steps].count("Pad") == 2
