"""Every rewrite on small graphs: equal, proven, accepted by the real front end; and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.probes.front_end import FrontEnd

from .harness import rewritten, untouched

RESIZE = """(float[1,4,{h},{w}] x) => (float[1,4,{H},{W}] y) <int64[4] s = {{1,4,{H},{W}}}>
{{ y = Resize <mode = "{mode}", coordinate_transformation_mode = "{how}"{more}> (x, , , s) }}"""


def resize(mode: str, how: str, size: tuple[int, int, int, int] = (5, 7, 13, 9), more: str = "") -> str:
    h, w, H, W = size
    return RESIZE.format(mode=mode, how=how, h=h, w=w, H=H, W=W, more=more)


CASES = {
    "align_corners": ("ResizeAsProducts", resize("linear", "align_corners")),
    "align_corners_to_one": ("ResizeAsProducts", resize("linear", "align_corners", (5, 7, 1, 9))),
    "align_corners_square": ("ResizeAsProducts", resize("linear", "align_corners", (8, 8, 16, 16))),
    "asymmetric": ("ResizeAsProducts", resize("linear", "asymmetric")),
    "down": ("ResizeAsProducts", resize("linear", "asymmetric", (13, 9, 5, 7))),
    "cubic": ("ResizeAsProducts", resize("cubic", "half_pixel")),
    "cubic_align_corners": ("ResizeAsProducts", resize("cubic", "align_corners")),
    "cubic_excluding": ("ResizeAsProducts", resize("cubic", "half_pixel", more=", exclude_outside = 1")),
    "nearest_exact": ("ResizeAsProducts", resize("nearest", "half_pixel")),
    "max_pool": (
        "PoolCeilMode",
        "(float[1,4,32,32] x) => (float[1,4,16,16] y) { y = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x) }",
    ),
    "max_pool_padded": (
        "PoolCeilMode",
        "(float[1,4,31,30] x) => (float[1,4,16,16] y) { y = MaxPool <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], ceil_mode = 1> (x) }",
    ),
    "average_pool": (
        "AveragePoolCeilMode",
        "(float[1,4,32,32] x) => (float[1,4,16,16] y) { y = AveragePool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x) }",
    ),
    "average_pool_counting_its_padding": (
        "AveragePoolCeilMode",
        "(float[1,4,32,32] x) => (float[1,4,17,17] y) { y = AveragePool <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], ceil_mode = 1, count_include_pad = 1> (x) }",
    ),
    "linear_3d": (
        "LinearIn4d",
        "(float[1,9,16] x) => (float[1,9,8] y) <float[16,8] w> { y = MatMul (x, w) }",
    ),
    "linear_5d": (
        "LinearIn4d",
        "(float[1,2,3,4,16] x) => (float[1,2,3,4,8] y) <float[16,8] w> { y = MatMul (x, w) }",
    ),
    "transposed_conv": (
        "TransposedConvCrop",
        "(float[1,6,8,8] x) => (float[1,4,16,16] y) <float[6,4,4,4] w> { y = ConvTranspose <kernel_shape = [4, 4], strides = [2, 2], pads = [1, 1, 1, 1]> (x, w) }",
    ),
    "transposed_conv_output_padding": (
        "TransposedConvCrop",
        "(float[1,6,8,8] x) => (float[1,4,16,16] y) <float[6,4,3,3] w, float[4] b> { y = ConvTranspose <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]> (x, w, b) }",
    ),
    "split": (
        "SplitAsSlices",
        """(float[1,16,8,8] x) => (float[1,32,8,8] y) <float[16,8,1,1] v, float[16,8,1,1] w>
        { a, b = Split <axis = 1> (x) c = Conv (a, v) d = Conv (b, w) y = Concat <axis = 1> (c, d) }""",
    ),
}

LEFT_ALONE = {
    "half_pixel": ("ResizeAsProducts", resize("linear", "half_pixel")),
    "antialiased": ("ResizeAsProducts", resize("linear", "align_corners", more=", antialias = 1"), 18),
    "matrix_of_4_axes": (
        "LinearIn4d",
        "(float[1,2,9,16] x) => (float[1,2,9,8] y) <float[16,8] w> { y = MatMul (x, w) }",
    ),
    "plain_max_pool": (
        "PoolCeilMode",
        "(float[1,4,32,32] x) => (float[1,4,15,15] y) { y = MaxPool <kernel_shape = [3, 3], strides = [2, 2]> (x) }",
    ),
    "plain_transposed_conv": (
        "TransposedConvCrop",
        "(float[1,6,8,8] x) => (float[1,4,18,18] y) <float[6,4,4,4] w> { y = ConvTranspose <kernel_shape = [4, 4], strides = [2, 2]> (x, w) }",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_refused_form_becomes_an_accepted_one_that_is_equal(name: str, tmp_path: Path) -> None:
    rewrite, text = CASES[name]
    case = rewritten(text, tmp_path, rewrite)
    assert not case.fixed.remaining
    assert {r.name for r in case.fixed.rewrites} == {rewrite}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_form_that_is_not_its_own_is_left_alone(name: str) -> None:
    rewrite, text, *opset = LEFT_ALONE[name]
    untouched(text, rewrite, *opset)


@pytest.mark.toolchain
def test_the_real_front_end_accepts_every_rewritten_form(tmp_path: Path) -> None:
    front_end = FrontEnd()
    said = {
        n: front_end.judge(rewritten(text, tmp_path, rewrite).after) for n, (rewrite, text) in CASES.items()
    }
    assert {n: a for n, a in said.items() if a["verdict"] != "accepted"} == {}
