"""Concats within Concats: a pointwise convolution between a Split and the inner one crashes the converter, flat it does not."""

from __future__ import annotations

import pytest

import sensorfit

from ..verify.text import found, model

HEAD = "(float[1,16,64,64] x) => (float[1,32,64,64] y) <float[8,8,1,1] w>"
NESTED = f"{HEAD} {{ a, b = Split <axis = 1> (x) c = Conv (a, w) i = Concat <axis = 1> (c, b) y = Concat <axis = 1> (i, x) }}"
FLAT = f"{HEAD} {{ a, b = Split <axis = 1> (x) c = Conv (a, w) y = Concat <axis = 1> (c, b, x) }}"


def test_nested_concats_that_crash_the_converter_are_refused_and_their_flat_form_is_not() -> None:
    assert found(NESTED, "SF123") and sensorfit.check(model(NESTED)).verdict == "does_not_fit"
    assert not found(FLAT, "SF123") and sensorfit.check(model(FLAT)).verdict == "fits"


@pytest.mark.parametrize(("text", "count"), [(NESTED, 2), (FLAT, 1)])
def test_what_is_built_has_the_concats_of_the_file_that_was_judged(text: str, count: int) -> None:
    torch = pytest.importorskip("torch")
    from sensorfit.graph.load import load
    from sensorfit.quantize.lowering import to_module

    module = to_module(load(model(text), "concats"))
    assert sum(node.target is torch.cat for node in module.graph.nodes) == count
