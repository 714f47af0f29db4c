"""Sums over more than an image's four axes: their memory is not known, so nothing is promised."""

from __future__ import annotations

import pytest

from sensorfit.api import check

from ..conftest import model_of

GROUPED = """agraph (float[1,16,32,32] x) => (float[1,16,32,32] y) <int64[5] five = {1, 2, 8, 32, 32}, int64[4] four = {1, 16, 32, 32}> {
    g = Reshape(x, five)
    m = ReduceMean <axes = [2, 3, 4], keepdims = 1> (g)
    d = Sub(g, m)
    y = Reshape(d, four)
}"""
PLAIN = """agraph (float[1,16,32,32] x) => (float[1,16,32,32] y) {
    m = ReduceMean <axes = [2, 3], keepdims = 1> (x)
    y = Sub(x, m)
}"""


@pytest.mark.parametrize(("body", "counted"), [(GROUPED, False), (PLAIN, True)])
def test_only_sums_over_more_than_four_axes_are_not_counted(body: str, counted: bool) -> None:
    report = check(model_of(body, 17))
    assert report.memory.complete is counted
    assert (
        any(
            "more than four dimensions" in f.reason or "counted only in part" in f.reason
            for f in report.findings
        )
        is not counted
    )
