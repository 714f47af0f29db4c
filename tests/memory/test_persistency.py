"""The cost of keeping the input: what the converter says for sizes of every kind."""

from __future__ import annotations

import gzip
import json

import onnx
import pytest

import sensorfit
from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from tools.memory_errors import DATA

from .test_advice import weighted

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


STRIDE_4 = """agraph (float[1,3,160,160] x) => (float[1,24,40,40] y) {
    e = Conv <kernel_shape = [4, 4], strides = [4, 4]> (x, stem)
    t = Transpose <perm = [0, 2, 3, 1]> (e) a = MatMul (t, u) g = Relu (a) b = MatMul (g, w) s = Add (b, t)
    y = Transpose <perm = [0, 3, 1, 2]> (s)
}"""


def test_an_input_that_is_kept_lies_apart_and_is_not_counted_again_where_it_is_read() -> None:
    """A ConvNeXt's stem (timm's test_convnext at 160x160): imx500-converter 3.19.2 says 291,328 B without input
    persistency, at the fifteenth phase of the image; with it 256,000 at the first Linear, and 80,896 for the image."""
    model = weighted(STRIDE_4, stem=(24, 3, 4, 4), u=(24, 96), w=(96, 24))
    on, off = (sensorfit.check(model, input_persistency=choice).memory for choice in (True, False))
    assert (on.runtime_bytes, on.input_persistence_bytes) == (256_000, 80_896)
    assert off.runtime_bytes == 291_328
