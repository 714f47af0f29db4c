"""Every rewrite on small graphs: equal, proven, accepted by the real front end; and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.rewrite.compare import Disproved
from sensorfit.rewrite.fix import fix
from sensorfit.rewrite.proof import Proven
from tools.probes.front_end import FrontEnd

from .harness import TARGET, rewritten, untouched

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
    "linear_3d_and_its_bias": (
        "LinearIn4d",
        "(float[1,9,16] x) => (float[1,9,8] y) <float[16,8] w, float[1,8] b> { p = MatMul (x, w) y = Add (b, p) }",
    ),
    "linear_3d_and_a_sum_with_an_activation": (
        "LinearIn4d",
        "(float[1,9,16] x, float[1,9,8] k) => (float[1,9,8] y) <float[16,8] w> { p = MatMul (x, w) y = Add (p, k) }",
    ),
    "linear_3d_and_a_constant_for_each_row": (
        "LinearIn4d",
        "(float[1,9,16] x) => (float[1,9,8] y) <float[16,8] w, float[9,1] b> { p = MatMul (x, w) y = Add (p, b) }",
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
    "reflect": (
        "PadAsGather",
        '(float[1,4,9,7] x) => (float[1,4,15,9] y) <int64[8] p = {0,0,3,1,0,0,3,1}> { y = Pad <mode = "reflect"> (x, p) }',
    ),
    "edge": (
        "PadAsGather",
        '(float[1,4,9,7] x) => (float[1,4,12,11] y) <int64[8] p = {0,0,2,2,0,0,1,2}> { y = Pad <mode = "edge"> (x, p) }',
    ),
    "negative_pad": (
        "PadAsGather",
        "(float[1,4,9,7] x) => (float[1,4,8,7] y) <int64[8] p = {0,0,-2,1,0,0,1,-1}> { y = Pad (x, p) }",
    ),
    "stride_with_dilation": (
        "StrideWithDilation",
        "(float[1,8,15,14] x) => (float[1,4,8,7] y) <float[4,8,3,3] w> { y = Conv <strides = [2, 2], dilations = [2, 2], pads = [2, 2, 2, 2]> (x, w) }",
    ),
    "stride_3_with_dilation_2": (
        "StrideWithDilation",
        "(float[1,8,15,15] x) => (float[1,4,4,4] y) <float[4,8,3,3] w> { y = Conv <strides = [3, 3], dilations = [2, 2]> (x, w) }",
    ),
    "padding_over_the_kernel": (
        "PaddingBeforeConv",
        "(float[1,8,9,9] x) => (float[1,4,15,15] y) <float[4,8,3,3] w> { y = Conv <pads = [4, 4, 4, 4]> (x, w) }",
    ),
    "dilation_past_the_map": (
        "TapsInThePadding",
        "(float[1,8,8,8] x) => (float[1,4,8,8] y) <float[4,8,3,3] w, float[4] b> { y = Conv <dilations = [12, 12], pads = [12, 12, 12, 12]> (x, w, b) }",
    ),
    "dilation_past_the_rows_alone": (
        "TapsInThePadding",
        "(float[1,8,6,20] x) => (float[1,4,6,20] y) <float[4,8,5,5] w> { y = Conv <dilations = [8, 4], pads = [16, 8, 16, 8]> (x, w) }",
    ),
    "uneven_groups": (
        "UnevenGroups",
        "(float[1,8,9,9] x) => (float[1,12,7,7] y) <float[12,4,3,3] w, float[12] b> { y = Conv <group = 2> (x, w, b) }",
    ),
    "transposed_groups": (
        "TransposedConvDense",
        "(float[1,8,6,6] x) => (float[1,8,12,12] y) <float[8,2,2,2] w> { y = ConvTranspose <group = 4, strides = [2, 2]> (x, w) }",
    ),
    "transposed_dilation": (
        "TransposedConvDense",
        "(float[1,8,6,6] x) => (float[1,4,15,15] y) <float[8,4,3,3] w> { y = ConvTranspose <dilations = [2, 2], strides = [2, 2]> (x, w) }",
    ),
    "transposed_stride_over_the_kernel": (
        "TransposedConvDense",
        "(float[1,8,6,6] x) => (float[1,4,17,17] y) <float[8,4,2,2] w> { y = ConvTranspose <strides = [3, 3]> (x, w) }",
    ),
    "pixel_shuffle": (
        "DepthToSpaceByReshape",
        '(float[1,8,5,6] x) => (float[1,2,10,12] y) { y = DepthToSpace <blocksize = 2, mode = "CRD"> (x) }',
    ),
    "depth_to_space": (
        "DepthToSpaceByReshape",
        "(float[1,8,5,6] x) => (float[1,2,10,12] y) { y = DepthToSpace <blocksize = 2> (x) }",
    ),
    "space_to_depth": (
        "DepthToSpaceByReshape",
        "(float[1,2,10,12] x) => (float[1,8,5,6] y) { y = SpaceToDepth <blocksize = 2> (x) }",
    ),
    "elu": ("EluByExp", "(float[1,4,8,8] x) => (float[1,4,8,8] y) { y = Elu <alpha = 0.7> (x) }"),
    "celu": ("EluByExp", "(float[1,4,8,8] x) => (float[1,4,8,8] y) { y = Celu <alpha = 2.0> (x) }"),
    "selu": ("EluByExp", "(float[1,4,8,8] x) => (float[1,4,8,8] y) { y = Selu (x) }"),
    "mish": (
        "MishBySigmoid",
        "(float[1,4,8,8] x) => (float[1,4,8,8] y) { s = Softplus (x) t = Tanh (s) y = Mul (x, t) }",
    ),
    "log_softmax": (
        "LogSoftmaxByNewton",
        "(float[1,8,5,5] x) => (float[1,8,5,5] y) { y = LogSoftmax <axis = 1> (x) }",
    ),
    "conv1d": (
        "Conv1dIn4d",
        "(float[1,8,20] x) => (float[1,4,10] y) <float[4,8,3] w, float[4] b> { y = Conv <strides = [2], pads = [1, 1]> (x, w, b) }",
    ),
    "gelu": (
        "GeluOperator",
        """(float[1,4,8,8] x) => (float[1,4,8,8] y) <float r = {1.4142135}, float one = {1.0}, float half = {0.5}>
        { a = Div (x, r) b = Erf (a) c = Add (b, one) d = Mul (x, c) y = Mul (d, half) }""",
    ),
    "multi_query": (
        "ProductsOfAnyRank",
        "(float[1,4,6,8] x, float[1,1,8,5] k) => (float[1,4,6,5] y) { y = MatMul (x, k) }",
    ),
    "heads": (
        "ProductsByHead",
        "(float[1,4,6,8] x, float[1,4,8,5] k) => (float[1,4,6,5] y) { y = MatMul (x, k) }",
    ),
    "stack_and_sum": (
        "StackAndSum",
        """(float[1,4,6,8] x, float[1,4,6,8] k) => (float[1,4,6,8] y) <int64[1] z = {0}>
        { a = Unsqueeze (x, z) b = Unsqueeze (k, z) c = Concat <axis = 0> (a, b) y = ReduceSum <keepdims = 0> (c, z) }""",
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


WINDOWS = """(float[1,8,8,8] x) => (float[1,8,8,8] y)
<int64[6] a = {1,8,2,4,2,4}, int64[3] b = {4,16,8}, float[8,24] w, int64[5] c = {4,16,3,2,4}, float[8] g, float[8] h,
 int64[4] d = {4,2,16,4}, int64[3] e = {4,16,8}, int64[6] f = {1,2,2,4,4,8}, int64[4] i = {1,8,8,8}, int64[1] z = {0}> {
    r = Reshape (x, a)
    t = Transpose <perm = [0, 2, 4, 3, 5, 1]> (r)
    u = Reshape (t, b)
    n = LayerNormalization <axis = -1> (u, g, h)
    l = MatMul (n, w)
    m = Reshape (l, c)
    o = Transpose <perm = [2, 0, 3, 1, 4]> (m)
    q3, k3, v3 = Split <axis = 0> (o)
    q = Squeeze (q3, z)
    k = Squeeze (k3, z)
    v = Squeeze (v3, z)
    kt = Transpose <perm = [0, 1, 3, 2]> (k)
    s = MatMul (q, kt)
    p = Softmax <axis = -1> (s)
    av = MatMul (p, v)
    at = Transpose <perm = [0, 2, 1, 3]> (av)
    ar = Reshape (at, e)
    ad = Add (u, ar)
    w6 = Reshape (ad, f)
    wt = Transpose <perm = [0, 5, 1, 3, 2, 4]> (w6)
    y = Reshape (wt, i)
}"""
"""Attention in windows of 4x4 folded into the batch, two heads, q, k and v stacked."""


def test_attention_in_windows_keeps_a_batch_of_one(tmp_path: Path) -> None:
    case = rewritten(WINDOWS, tmp_path)
    assert not case.fixed.remaining
    assert case.operators.count("MatMul") == 1 + 2 * 4 * 2


def test_a_mean_over_groups_of_channels_folded_into_the_batch_has_four_axes_whose_bytes_are_known(
    tmp_path: Path,
) -> None:
    """EMA attention: groups of channels are the batch, each row and each column is averaged."""
    text = """(float[1,16,8,8] x) => (float[1,16,8,1] y) <int64[4] s = {4,4,8,8}, int64[4] t = {1,16,8,1}> {
        g = Reshape (x, s)
        m = ReduceMean <axes = [3]> (g)
        y = Reshape (m, t)
    }"""
    case = rewritten(text, tmp_path, "KeepBatchAxis")
    assert case.operators == ["ReduceMean", "Reshape"]  # and no Reshape to five axes before


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    rewritten(WINDOWS, tmp_path)
    once = tmp_path / "after.onnx"
    again = fix(once, tmp_path / "again.onnx", TARGET)
    assert not again.rewrites
    assert (tmp_path / "again.onnx").read_bytes() == once.read_bytes()


def test_a_failed_proof_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Proven(False, "polynomial", 1.0)
    monkeypatch.setattr("sensorfit.rewrite.applied.prove", lambda *_: wrong)
    with pytest.raises(Disproved, match="PoolCeilMode") as raised:
        rewritten(CASES["max_pool"][1], tmp_path, "PoolCeilMode")
    assert raised.value.exit_code == 3
    assert [p.name for p in tmp_path.iterdir()] == ["before.onnx"]


@pytest.mark.toolchain
def test_the_real_front_end_accepts_every_rewritten_form(tmp_path: Path) -> None:
    front_end = FrontEnd()
    said = {
        n: front_end.judge(rewritten(text, tmp_path, rewrite).after) for n, (rewrite, text) in CASES.items()
    }
    assert {n: a for n, a in said.items() if a["verdict"] != "accepted"} == {}


def test_a_bias_is_added_where_the_device_sums_it_in_the_product(tmp_path: Path) -> None:
    rewrite, text = CASES["linear_3d_and_its_bias"]
    assert rewritten(text, tmp_path, rewrite).operators == ["Reshape", "MatMul", "Add", "Reshape"]
