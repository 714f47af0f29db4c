"""Zeros padded in front of a maximum count as zeros in every session that is compared with another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from sensorfit.rewrite.run import Runner

from ..conftest import model_of

PADDED = """agraph (float[1,3,64,64] x) => (float[1,3,33,33] y) <int64[8] around = {0, 0, 1, 1, 0, 0, 1, 1}, float nought = {0}, float two = {2}> {
    below = Sub (x, two)
    p = Pad (below, around, nought)
    y = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (p)
}"""
IMAGE = np.random.default_rng(0).random((1, 3, 64, 64), dtype=np.float32)
"""In [0, 1]: less two, every value is negative, and the zeros around are the largest of the windows at the border."""


def by_fix(path: Path) -> np.ndarray:
    return Runner(path, optimise=True)({"x": IMAGE})[0]


def by_build(path: Path) -> np.ndarray:
    pytest.importorskip("torch")
    from sensorfit.quantize.native import session

    found: np.ndarray = session(path, threads=1).run(None, {"x": IMAGE})[0]
    return found


def by_the_torch_form(path: Path) -> np.ndarray:
    """Held against onnxruntime as it is made: NotCarried where they differ."""
    torch = pytest.importorskip("torch")
    from sensorfit.quantize import bridge

    found: np.ndarray = bridge.source(str(path), None, None, 0).module(torch.from_numpy(IMAGE)).numpy()
    return found


@pytest.mark.parametrize("ask", [by_fix, by_build, by_the_torch_form])
def test_the_zeros_are_the_largest(ask: Callable[[Path], np.ndarray], tmp_path: Path) -> None:
    """BiT and YOLOv3-tiny pad so; onnxruntime's own optimization loses them, and the build of a BiT ended in "its torch form
    changes output"."""
    path = tmp_path / "net.onnx"
    onnx.save(model_of(PADDED, 17), path)
    found = ask(path)
    assert not found[:, :, 0].any() and not found[:, :, :, -1].any()
    assert (found[:, :, 1:-1, 1:-1] < 0).all()
