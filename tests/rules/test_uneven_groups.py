"""Groups of a convolution that the converter takes in one step and does not package."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from ..verify.text import found, model


def grouped(groups: int, each: int, kernel: int = 1) -> str:
    channels, pad = groups * each, kernel // 2
    return (
        f"(float[1,{channels},16,16] x) => (float[1,{channels},16,16] y) <float[{channels},{each},{kernel},{kernel}] w> "
        f"{{ y = Conv <group = {groups}, pads = [{pad}, {pad}, {pad}, {pad}]> (x, w) }}"
    )


@pytest.mark.parametrize(
    ("groups", "each"), [(4, 16), (4, 12), (2, 16), (2, 24), (4, 10), (2, 64), (4, 6), (8, 3), (8, 16)]
)
def test_two_four_or_eight_groups_whose_inputs_do_not_divide_eight_are_refused(
    groups: int, each: int
) -> None:
    for kernel in (1, 3):
        (issue,) = found(grouped(groups, each, kernel), "SF132")
        assert issue.converter_code == "CBE" and f"{groups} groups that read {each} channels" in issue.reason


@pytest.mark.parametrize(("groups", "each"), [(3, 16), (3, 9), (4, 8), (2, 4), (16, 16), (32, 1), (1, 64)])
def test_others_are_packaged(groups: int, each: int) -> None:
    assert not found(grouped(groups, each), "SF132")


@pytest.mark.toolchain
@pytest.mark.parametrize(("groups", "each"), [(4, 16), (3, 16)])
def test_the_converter_says_so(groups: int, each: int) -> None:
    from tools.probes.packaged import PACKAGED, said  # torch

    proto: onnx.ModelProto = model(grouped(groups, each))
    rng = np.random.default_rng(0)
    shape = (groups * each, each, 1, 1)
    proto.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), "w")
    )
    assert (said("groups", proto) == PACKAGED) == (groups == 3)
