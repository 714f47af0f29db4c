"""Zeros padded before a pooling, which onnxruntime makes the pooling's own where it runs the network."""

from __future__ import annotations

import pytest

from ..verify.text import found, model


def pooled(pads: tuple[int, int, int, int], pool: str, behind: str = "") -> str:
    top, left, bottom, right = pads
    second = ", float[1,8,h,w] z" if behind else ""
    return (
        f"(float[1,3,64,64] x) => (float[1,8,h,w] y{second}) <float[8,3,3,3] k, int64[8] p = {{0, 0, {top}, {left}, 0, 0, {bottom}, {right}}}> "
        f"{{ a = Conv (x, k) b = Pad (a, p) y = {pool} (b) {behind} }}"
    )


@pytest.mark.parametrize(
    ("pads", "pool"),
    [
        ((2, 2, 2, 2), "MaxPool <kernel_shape = [2, 2], strides = [2, 2]>"),
        ((3, 0, 0, 0), "MaxPool <kernel_shape = [3, 3], strides = [2, 2]>"),
        ((0, 0, 3, 3), "AveragePool <kernel_shape = [3, 3]>"),
        ((2, 2, 2, 2), "MaxPool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]>"),
    ],
)
def test_as_many_as_the_kernel_is_long_are_refused(pads: tuple[int, int, int, int], pool: str) -> None:
    (issue,) = found(pooled(pads, pool), "SF131")
    assert issue.op == "Pad" and issue.converter_code == "EXEC"
    assert "ends with an exception" in issue.reason and "quantized" not in issue.reason


@pytest.mark.parametrize(
    ("pads", "pool", "behind"),
    [
        ((1, 1, 1, 1), "MaxPool <kernel_shape = [2, 2], strides = [2, 2]>", ""),
        ((2, 2, 2, 2), "AveragePool <kernel_shape = [3, 3], strides = [2, 2]>", ""),
        ((2, 2, 2, 2), "MaxPool <kernel_shape = [2, 2], strides = [2, 2]>", "z = Relu (b)"),
    ],
)
def test_fewer_and_those_that_something_else_reads_are_not(
    pads: tuple[int, int, int, int], pool: str, behind: str
) -> None:
    assert not found(pooled(pads, pool, behind), "SF131")


@pytest.mark.toolchain
@pytest.mark.parametrize("pad", [1, 2])
def test_the_converter_says_so(pad: int) -> None:
    from tools.probes.packaged import PACKAGED, said  # torch

    proto = model(pooled((pad,) * 4, "MaxPool <kernel_shape = [2, 2], strides = [2, 2]>"))
    assert (said("padded", proto) == PACKAGED) == (pad == 1)
