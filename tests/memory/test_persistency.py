"""The cost of keeping the input: what the converter says for sizes of every kind."""

from __future__ import annotations

import gzip
import json

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from tools.memory_errors import DATA

ANSWERS = {
    n: a
    for n, a in json.loads((DATA / "probes.json").read_text()).items()
    if a.get("input_persistence_bytes")
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_the_cost_is_the_converters(name: str) -> None:
    model = onnx.load_from_string(gzip.decompress((DATA / "probes" / f"{name}.onnx.gz").read_bytes()))
    report = analyse(lower(load(model, name)), load_target(), input_persistency=True)
    assert report.input_persistence_bytes == ANSWERS[name]["input_persistence_bytes"]


def test_four_sizes_were_asked() -> None:
    assert len(ANSWERS) >= 4


def test_picosam3_takes_in_all_what_the_converter_printed() -> None:
    """3,843,296 B with input persistency at 96x96, 31,744 B of them for the input."""
    model = onnx.load_from_string(gzip.decompress((DATA / "corpus" / "picosam3_96.onnx.gz").read_bytes()))
    device = lower(load(model, "picosam3"))
    on, off = (analyse(device, load_target(), input_persistency=choice) for choice in (True, False))
    assert (on.total_bytes, on.input_persistence_bytes) == (3_843_296, 31_744)
    assert off.total_bytes == 3_811_552
