"""Ranges that the converter does not lay out are cut before it sees them."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import helper

from sensorfit.api import load_target
from sensorfit.quantize.layers import DOMAIN
from sensorfit.quantize.ranges import cap_ranges, said_of

LARGEST = 2.0**31
"""What the converter was seen to take."""


def quantized(path: Path, *thresholds: float) -> Path:
    """A chain of activation quantizers."""
    nodes = [
        helper.make_node(
            "ActivationPOTQuantizer",
            [f"t{i}"],
            [f"t{i + 1}"],
            domain=DOMAIN,
            num_bits=8,
            signed=1,
            threshold=t,
        )
        for i, t in enumerate(thresholds)
    ]
    ends = [helper.make_tensor_value_info(f"t{i}", 1, [1, 3, 8, 8]) for i in (0, len(nodes))]
    model = helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:]))
    onnx.save(model, str(path))
    return path


def thresholds(path: Path) -> list[float]:
    return [a.f for n in onnx.load(str(path)).graph.node for a in n.attribute if a.name == "threshold"]


def test_a_range_beyond_the_largest_is_cut_and_named(tmp_path: Path) -> None:
    path = quantized(tmp_path / "q.onnx", 1.0, 2.0**34, LARGEST, 2.0**40)
    capped = cap_ranges(path, load_target())
    assert thresholds(path) == [1.0, LARGEST, LARGEST, LARGEST]
    assert capped == ("t1", "t3")
    (said,) = said_of(capped, load_target())
    assert said.startswith("2 activations exceed 2.15e+09") and "first: t1" in said


def test_a_graph_within_the_ranges_is_left_byte_for_byte(tmp_path: Path) -> None:
    path = quantized(tmp_path / "q.onnx", 0.5, LARGEST)
    before = path.read_bytes()
    assert cap_ranges(path, load_target()) == () and path.read_bytes() == before
    assert said_of((), load_target()) == ()
