"""Reductions over more than an image's four axes: of means and sums the bytes are known (five_axes, five_sum and their like
in probes.json), of others not."""

from __future__ import annotations

import gzip
from pathlib import Path

import onnx
import pytest

from sensorfit.api import check

from ..conftest import model_of

DATA = Path(__file__).parents[1] / "data/memory"
GROUPED = """agraph (float[1,16,32,32] x) => (float[1,16,32,32] y) <int64[5] five = {{1, 2, 8, 32, 32}}, int64[4] four = {{1, 16, 32, 32}}> {{
    g = Reshape(x, five)
    m = {reduction} <axes = [2, 3, 4], keepdims = 1> (g)
    d = Sub(g, m)
    y = Reshape(d, four)
}}"""

SUMMED = (
    GROUPED.format(reduction="ReduceSum")
    .replace(
        "ReduceSum <axes = [2, 3, 4], keepdims = 1> (g)",
        "ReduceSum <keepdims = 1> (g, axes)",
    )
    .replace("{1, 16, 32, 32}>", "{1, 16, 32, 32}, int64[3] axes = {2, 3, 4}>")
)


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (GROUPED.format(reduction="ReduceMax"), False),
        (GROUPED.format(reduction="ReduceMean"), True),
        (SUMMED, True),
    ],
)
def test_of_more_than_four_axes_only_means_and_sums_are_counted(body: str, counted: bool) -> None:
    report = check(model_of(body, 17))
    assert report.memory.complete is counted
    assert (
        any(
            "more than four dimensions" in f.reason or "counted only in part" in f.reason
            for f in report.findings
        )
        is not counted
    )


def test_an_output_of_five_axes_is_laid_in_blocks_of_its_first() -> None:
    """YOLO's three anchors of 8 at 32x32: ceil32(3) x 32 x 32 x 8 beside the 24,576 B that they take (the probe yolo_head)."""
    model = onnx.load_from_string(gzip.decompress((DATA / "probes/yolo_head.onnx.gz").read_bytes()))
    found = check(model, input_persistency=False).memory
    assert (found.weights_bytes, found.runtime_bytes) == (2_848, 286_720)
