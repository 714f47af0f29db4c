"""Weights that several layers read are stored for each: said where the network is over the budget for it."""

from __future__ import annotations

from pathlib import Path

import onnx

import sensorfit
from sensorfit.render.explanation.markdown import render

from ..rewrite.harness import model

HEADS = """(float[1,3,32,32] x) => (float[1,256,8,8] y) <float[1024,3,1,1] s, float[1024,1024,3,3] k, float[256,1024,1,1] e>
{ a = Conv <kernel_shape = [1, 1], strides = [4, 4]> (x, s) b = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, k)
  c = Relu (b) d = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (c, SECOND) f = Relu (d) y = Conv <kernel_shape = [1, 1]> (f, e) }"""
SHARED = HEADS.replace("SECOND", "k")
APART = HEADS.replace("SECOND", "l").replace("e>", "e, float[1024,1024,3,3] l>")


def test_shared_weights_take_as_much_as_others_and_are_the_way_out() -> None:
    shared, apart = (sensorfit.check(model(text)) for text in (SHARED, APART))
    assert shared.memory.weights_bytes == apart.memory.weights_bytes
    assert 1024 * 1024 * 9 <= shared.memory.repeated_bytes < 1.01 * 1024 * 1024 * 9  # and its biases
    assert apart.memory.repeated_bytes == 0
    fixes = [next(f.fix for f in r.findings if f.rule == "SF301") for r in (shared, apart)]
    assert (
        "share no weights between layers or recurrent steps: 9.01 MiB" in fixes[0]
        and "share no weights" not in fixes[1]
    )


def test_explain_does_not_call_them_padding(tmp_path: Path) -> None:
    onnx.save(model(SHARED), path := tmp_path / "net.onnx")
    assert "belong to nodes that share their weights" in render(sensorfit.explain(path))
