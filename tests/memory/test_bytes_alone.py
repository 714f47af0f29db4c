"""The bytes that ways to rewrite are compared by are those of the whole analysis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensorfit.api import load_target
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse, runtime_and_weight_bytes
from tools.memory_errors import cases


@pytest.mark.parametrize("name", ["picosam3_64", "thin_heads", "softmax_rows"])
def test_they_are_what_the_report_has(name: str) -> None:
    (case,) = (c for c in cases() if c.name == name)
    device = lower(case.graph())
    report = analyse(device, load_target(), input_persistency=False)
    assert runtime_and_weight_bytes(device, load_target()) == (report.runtime_bytes, report.weights_bytes)


@pytest.mark.parametrize("name", ["picosam3_64", "thin_heads", "softmax_rows"])
def test_without_advice_the_report_is_the_same_but_for_it(name: str) -> None:
    """As ``fix`` asks for before and after."""
    (case,) = (c for c in cases() if c.name == name)
    device = lower(case.graph())
    whole, bare = analyse(device, load_target()), analyse(device, load_target(), advice=False)
    assert whole.culprits and not bare.culprits
    left_out = {"culprits": (), "padding": (), "bound_bytes": 0, "plan_bytes": 0}
    assert replace(whole, **left_out, steps=()) == replace(bare, steps=())
    assert [(s.node, s.op, s.bytes) for s in whole.steps] == [(s.node, s.op, s.bytes) for s in bare.steps]
