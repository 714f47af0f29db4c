"""A network that rounds more than others is no error of a rewrite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .harness import model, rewritten

MASK = """(float[1,3,96,96] x) => (float[1,1,96,96] y)
<float[16,3,3,3] w, float[16] b, float[1,16,3,3] v, float[1] low, float root = {1.4142135}, float one = {1.0}, float half = {0.5}> {
    c = Conv <pads = [1,1,1,1]> (x, w, b)
    d = Div (c, root)
    e = Erf (d)
    f = Add (e, one)
    g = Mul (c, f)
    h = Mul (g, half)
    p = MaxPool <kernel_shape = [3,3], auto_pad = "SAME_UPPER"> (h)
    l = Conv <pads = [1,1,1,1]> (p, v, low)
    y = Sigmoid (l)
}"""
"""The mask of a detector that finds nothing: every logit far below zero, a sigmoid of some 1e-3."""
GIVEN = {"low": (0.0, -8.0), "v": (0.1, 0.0)}
"""Weights: how much of the random ones is left, and what is added."""


def test_a_mask_that_is_nearly_nothing_is_compared_at_its_own_rounding(tmp_path: Path) -> None:
    network = model(MASK)
    for tensor in network.graph.initializer:
        if tensor.name in GIVEN:
            share, more = GIVEN[tensor.name]
            values = (numpy_helper.to_array(tensor) * share + more).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    onnx.checker.check_model(network)
    case = rewritten(network, tmp_path)
    assert "Gelu" in case.operators and not case.fixed.remaining
    assert 0 < case.fixed.largest_output < 0.1
