"""Both sides of each boundary, rule by rule, as the probes showed it."""

from __future__ import annotations

import pytest

from ..verify.text import findings

X4, X3, X2 = "float[1,16,32,32] x", "float[1,16,1024] x", "float[1,1024] x"


def one(body: str, weights: str = "", x: str = X4) -> str:
    declared = f"<{weights}> " if weights else ""
    return f"({x}) => (float y) {declared}{{ {body} }}"


REFUSED = [
    # SF104: valid ONNX that crashes the front end
    ("SF104", one("y = LeakyRelu (x)")),
    ("SF104", one("y = Pow (x, e)", "float[1] e = {2.0}")),
    ("SF104", one("y = Pow (x, x)")),
    ("SF104", one("y = Clip (x, e)", "float[1] e = {0.0}")),
    ("SF104", one("y = Conv <kernel_shape = [1, 1]> (x, w, )", "float[8,16,1,1] w")),
    ("SF104", one("y = Dropout <seed = 0> (x)")),
    # SF105: closed lists
    ("SF105", one("y = MaxPool <kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1> (x)")),
    ("SF105", one('y = MaxPool <kernel_shape = [2, 2], auto_pad = "SAME_UPPER"> (x)')),
    ("SF105", one("y, i = MaxPool <kernel_shape = [2, 2]> (x)")),
    ("SF105", one("y = Max (x, x, x)")),
    ("SF105", one("y = Gemm <alpha = 0.5> (x, w)", "float[1024,8] w", X2)),
    ("SF105", one("y = Gemm <beta = 0.0> (x, w)", "float[1024,8] w", X2)),
    ("SF105", one('y = Pad <mode = "reflect"> (x, p)', "int64[8] p = {0, 0, 1, 1, 0, 0, 1, 1}")),
    # SF106: images only
    ("SF106", one("y = Conv <kernel_shape = [3]> (x, w)", "float[8,16,3] w", X3)),
    ("SF106", one("y = GlobalAveragePool (x)", "", X3)),
    ("SF106", one('y = Resize <mode = "linear"> (x, , s)', "float[3] s = {1.0, 1.0, 2.0}", X3)),
    # SF107: the batch axis
    ("SF107", one("y = Concat <axis = -4> (x, x)")),
    ("SF107", one("y = Gather <axis = 0> (x, i)", "int64[1] i = {0}")),
    ("SF107", one("y = ArgMax <axis = 0> (x)")),
    ("SF107", one("y = GatherElements (x, i)", "int64[1,16,32,32] i")),
    # SF108: powers and hard sigmoids
    ("SF108", one("y = Pow (x, e)", "float e = {3.0}")),
    ("SF108", one("y = Pow (x, e)", "float e = {-0.5}")),
    ("SF108", one("y = HardSigmoid <alpha = 0.25> (x)")),
    ("SF108", one("y = HardSigmoid <alpha = 0.2, beta = 0.4> (x)")),
    # SF111: convolutions
    (
        "SF111",
        one(
            "y = Conv <kernel_shape = [3, 3], strides = [1, 2], dilations = [2, 1]> (x, w)",
            "float[8,16,3,3] w",
        ),
    ),
    ("SF111", one("y = Conv <kernel_shape = [3, 3], pads = [3, 0, 0, 0]> (x, w)", "float[8,16,3,3] w")),
    ("SF111", one("y = Conv <kernel_shape = [1, 1], pads = [1, 1, 1, 1]> (x, w)", "float[8,16,1,1] w")),
    ("SF111", one("y = Conv <kernel_shape = [3, 3], group = 4> (x, w)", "float[8,4,3,3] w")),
    # SF112: transposed convolutions
    (
        "SF112",
        one(
            "y = ConvTranspose <kernel_shape = [3, 3], strides = [2, 2], pads = [0, 0, 1, 1]> (x, w)",
            "float[16,8,3,3] w",
        ),
    ),
    ("SF112", one("y = ConvTranspose <kernel_shape = [2, 2], group = 2> (x, w)", "float[16,8,2,2] w")),
    ("SF112", one("y = ConvTranspose <kernel_shape = [2, 2], strides = [3, 3]> (x, w)", "float[16,8,2,2] w")),
    (
        "SF112",
        one("y = ConvTranspose <kernel_shape = [3, 3], dilations = [1, 2]> (x, w)", "float[16,8,3,3] w"),
    ),
    # SF113: pooling
    ("SF113", one("y = MaxPool <kernel_shape = [3, 3], dilations = [2, 2]> (x)")),
    ("SF113", one("y = AveragePool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x)")),
    # SF114: resize
    (
        "SF114",
        one(
            'y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric"> (x, , s)',
            "float[4] s = {1.0, 1.0, 2.0, 2.0}",
        ),
    ),
    (
        "SF114",
        one(
            'y = Resize <mode = "nearest", nearest_mode = "floor"> (x, , s)',
            "float[4] s = {1.0, 1.0, 2.0, 2.0}",
        ),
    ),
    (
        "SF114",
        one(
            'y = Resize <mode = "linear", coordinate_transformation_mode = "asymmetric"> (x, , s)',
            "float[4] s = {1.0, 1.0, 2.0, 2.0}",
        ),
    ),
    # SF115: pad
    ("SF115", one("y = Pad (x, p)", "int64[8] p = {1, 0, 0, 0, 0, 0, 0, 0}")),
    ("SF115", one("y = Pad (x, p)", "int64[8] p = {0, 0, -1, 0, 0, 0, 0, 0}")),
    # SF116: layouts
    ("SF116", one("y = Reshape (x, s)", "int64[3] s = {16, 32, 32}")),
    ("SF116", one("y = Reshape (x, s)", "int64[2] s = {-1, 1024}")),
    ("SF116", one("y = Reshape (x, s)", "int64[3] s = {0, 16, -1}")),
    ("SF116", one("y = Flatten <axis = 2> (x)")),
    ("SF116", one("y = Transpose (x)")),
    ("SF116", one("y = Unsqueeze (x, a)", "int64[2] a = {1, 2}")),
    ("SF116", one("y = Unsqueeze (x, a)", "int64[1] a = {0}")),
    ("SF116", one("y = Expand (x, s)", "int64[4] s = {2, 16, 32, 32}")),
    # SF117: selection
    (
        "SF117",
        one(
            "y = Slice (x, a, b, c, d)",
            "int64[1] a = {31}, int64[1] b = {0}, int64[1] c = {3}, int64[1] d = {-2}",
        ),
    ),
    ("SF117", one("y = Slice (x, a, b)", "int64[2] a = {0, 4}, int64[2] b = {1, 8}")),
    ("SF117", one("y = Gather <axis = 3> (x, i)", "int64[2,2] i = {0, 1, 2, 3}")),
    ("SF117", one("y = Gather <axis = 1> (x, i)", "int64[3] i = {-1, 0, 5}")),
    (
        "SF118",
        one("m = Mul (x, x) s = ReduceSum (m, a) y = Sqrt (s)", "int64[2] a = {1, 2}", "float[1,16,4] x"),
    ),
    # SF118: reductions
    ("SF118", one("y = ReduceL2 (x)")),
    ("SF118", one("y = ReduceL2 <axes = [0]> (x)")),
    ("SF118", one("y = ReduceL2 <axes = [1]> (x)", "", X2)),
    ("SF118", one("y = ArgMax <axis = 1> (x)", "", "float[1,16384] x")),
    # SF119: products
    ("SF119", one("y = MatMul (x, w)", "float[1024,8] w", X3)),
    ("SF119", one("y = MatMul (x, w)", "float[1,32,8] w")),
    ("SF119", one("y = MatMul (w, x)", "float[8,32] w")),
    ("SF119", one("y = Gemm <transB = 1> (x, x)", "", X2)),
    # SF120: casts
    ("SF120", one("y = Cast <to = 6> (x)")),
    ("SF120", one("i = ArgMax <axis = 1> (x) y = Cast <to = 1> (i)")),
    # SF201, SF202: flagged and refused
    ("SF201", one("y = Softmax <axis = -4> (x)")),
    ("SF202", one("y = LayerNormalization <axis = 2> (x, w)", "float[32,32] w")),
]

ACCEPTED = [
    one("y = LeakyRelu <alpha = 2.0> (x)"),
    one("y = Pow (x, e)", "float e = {0.5}"),
    one("y = Clip (x, , e)", "float e = {6.0}"),
    one("y = Conv <kernel_shape = [31, 31], pads = [15, 15, 15, 15]> (x, w)", "float[8,16,31,31] w"),
    one(
        "y = Conv <kernel_shape = [3, 3], pads = [2, 2, 2, 2], strides = [5, 5]> (x, w)", "float[8,16,3,3] w"
    ),
    one(
        "y = Conv <kernel_shape = [3, 3], pads = [4, 4, 4, 4], dilations = [2, 2]> (x, w)",
        "float[8,16,3,3] w",
    ),
    one("y = Conv <kernel_shape = [3, 3], group = 8> (x, w)", "float[16,2,3,3] w"),
    one(
        'y = Conv <kernel_shape = [3, 3], auto_pad = "SAME_UPPER", strides = [2, 2]> (x, w)',
        "float[8,16,3,3] w",
    ),
    one(
        "y = ConvTranspose <kernel_shape = [4, 4], strides = [2, 2], output_padding = [1, 1]> (x, w)",
        "float[16,8,4,4] w",
    ),
    one(
        'y = ConvTranspose <kernel_shape = [3, 3], strides = [2, 2], auto_pad = "VALID"> (x, w)',
        "float[16,8,3,3] w",
    ),
    one("y = MaxPool <kernel_shape = [13, 13], pads = [6, 6, 6, 6]> (x)"),
    one("y = AveragePool <kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1> (x)"),
    one("y = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1], count_include_pad = 1> (x)"),
    one(
        'y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , s)',
        "float[4] s = {1.0, 2.0, 0.5, 3.0}",
    ),
    one('y = Resize <mode = "linear"> (x, , s)', "float[4] s = {1.0, 1.0, 1.5, 1.5}"),
    one("y = Pad (x, p)", "int64[8] p = {0, 4, 40, 40, 0, 0, 40, 40}"),
    one("y = Reshape (x, s)", "int64[6] s = {1, 2, 8, 4, 8, 32}"),
    one("y = Reshape (x, s)", "int64[3] s = {-1, 16, 1024}"),
    one(
        "a = Reshape (x, s) b = InstanceNormalization (a, one, one) y = Reshape (b, t)",
        "int64[3] s = {0, 4, -1}, int64[4] t = {1, 16, 32, 32}, float[4] one",
    ),
    one("y = Flatten <axis = 0> (x)"),
    one("y = Transpose <perm = [0, 3, 1, 2]> (x)"),
    one("y = Unsqueeze (x, a)", "int64[1] a = {4}"),
    one("p = GlobalAveragePool (x) y = Squeeze (p, a)", "int64[2] a = {2, 3}"),
    one("p = GlobalAveragePool (x) y = Expand (p, s)", "int64[4] s = {1, 16, 32, 32}"),
    one(
        "y = Slice (x, a, b, c, d)",
        "int64[1] a = {1}, int64[1] b = {9999}, int64[1] c = {-1}, int64[1] d = {3}",
    ),
    one("y = Gather <axis = 1> (x, i)", "int64[3] i = {15, 0, 5}"),
    one("y = Gather <axis = 1> (x, i)", "int64[1] i = {-1}"),
    one("y = ReduceL2 <axes = [2, 3], keepdims = 0> (x)"),
    one("y = ReduceMean <axes = [0, 1, 2, 3]> (x)"),
    one("y = ArgMax <axis = 1> (x)", "", "float[1,16383] x"),
    one("y = MatMul (x, w)", "float[32,8] w"),
    one("y = MatMul (x, w)", "float[1024,8] w", X2),
    one("t = Transpose <perm = [0, 2, 1]> (x) y = MatMul (x, t)", "", X3),
    one("y = Gemm <transB = 1> (x, w, b)", "float[8,1024] w, float[8] b", X2),
    one("y = Cast <to = 1> (x)"),
    one("y = Equal (x, e)", "float e = {0.5}"),
    one("y = Softmax <axis = 2> (x)"),
    one("y = LayerNormalization (x, w)", "float[32] w"),
    one("y = Dropout (x)"),
    one("y = Max (x, e)", "float[16,1,1] e"),
    one("y = Div (e, x)", "float[1,1,1,1] e"),
    one("y = MatMul (x, x)"),
]


@pytest.mark.parametrize(("rule", "text"), REFUSED)
def test_refused(rule: str, text: str) -> None:
    said = [
        f for f in findings(text) if f.support == "unsupported" and f.converter_code not in ("MCT", "CBE")
    ]
    assert {f.rule for f in said} == {rule}
    assert all(f.converter_code in ("INVOP", "EXEC") for f in said)


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(text: str) -> None:
    assert [
        f for f in findings(text) if f.support != "supported" and f.converter_code not in ("MCT", "CBE")
    ] == []


@pytest.mark.parametrize(
    ("rule", "text", "support"),
    [
        ("SF501", "(float[2,3,64,64] x) => (float y) { y = Relu (x) }", "unsupported"),
        ("SF501", "(float[3,64,64] x) => (float y) { y = Relu (x) }", "unsupported"),
        ("SF502", "(float[1,3,H,64] x) => (float y) { y = Relu (x) }", "unsupported"),
        ("SF503", "(float[1,3,64] x) => (float y) { y = Relu (x) }", "supported"),
        ("SF503", "(float x) => (float y) { y = Relu (x) }", "unsupported"),
        ("SF504", "(float[1,6,64,64] x) => (float y) { y = Relu (x) }", "supported"),
        ("SF505", "(float[1,3,32,64] x) => (float y) { y = Relu (x) }", "supported"),
        ("SF506", "(float[1,3,64,64] x, float[1,3,64,64] z) => (float y) { y = Add (x, z) }", "supported"),
        ("SF507", "(uint8[1,3,64,64] x) => (uint8 y) { y = Add (x, x) }", "unknown"),
        (
            "SF509",
            "(float[1,3,64,64] x, float[1,3,64,64] z) => (float y, float v) { y = Relu (x) v = Abs (z) }",
            "unsupported",
        ),
        ("SF511", "(float[1,3,64,64] x) => (float y) { y = Relu (x) u = Abs (x) }", "unknown"),
    ],
)
def test_inputs_and_outputs(rule: str, text: str, support: str) -> None:
    assert [f.support for f in findings(text) if f.rule == rule] == [support]


@pytest.mark.parametrize(
    "text",
    [
        "(float[N,3,64,64] x) => (float[N,3,64,64] y) { y = Relu (x) }",
        "(float[1,3,640,640] x) => (float[1,3,640,640] y) { y = Relu (x) }",
    ],
)
def test_an_image_the_sensor_delivers_is_not_mentioned(text: str) -> None:
    assert findings(text) == ()


@pytest.mark.parametrize("opset", [14, 21])
def test_an_opset_outside_the_range_is_refused(opset: int) -> None:
    said = findings("(float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }", opset)
    assert [(f.rule, f.converter_code) for f in said] == [("SF508", "EXEC")]


@pytest.mark.parametrize(
    ("fits", "refused"),
    [
        (one("y = Conv <kernel_shape = [12, 12], group = 16> (x, w)", "float[16,1,12,12] w"), one("y = Conv <kernel_shape = [1, 13], group = 16> (x, w)", "float[16,1,1,13] w")),
        (one("y = Conv <kernel_shape = [13, 13], group = 8> (x, w)", "float[16,2,13,13] w"), one("y = Conv <kernel_shape = [13, 13]> (x, w)", "float[8,1,13,13] w", "float[1,1,32,32] x")),
        (one("y = AveragePool <kernel_shape = [300, 300]> (x)", "", "float[1,1,300,300] x"), one("y = AveragePool <kernel_shape = [256, 1]> (x)", "", "float[1,1,300,300] x")),
        (one("y = MaxPool <kernel_shape = [600, 100]> (x)", "", "float[1,1,700,200] x"), one("y = MaxPool <kernel_shape = [256, 256]> (x)", "", "float[1,1,300,300] x")),
        (one("y = MatMul (x, z)", "", "float[1,9000,4] x, float[1,4,4095] z"), one("y = MatMul (x, z)", "", "float[1,4,4] x, float[1,4,4096] z")),
        (one("y = MatMul (x, w)", "float[32700,8] w", "float[1,32700] x"), one("y = MatMul (x, w)", "float[32701,8] w", "float[1,32701] x")),
        (one("y = Gemm <transB = 1> (x, w)", "float[8192,4] w", "float[1,4] x"), one("y = Gemm <transB = 1> (x, w)", "float[8193,4] w", "float[1,4] x")),
        (one("y = Resize <mode = \"linear\"> (x, , s)", "float[4] s = {1.0, 1.0, 2.0, 1.0}", "float[1,1,4093,2] x"), one("y = Resize <mode = \"linear\"> (x, , s)", "float[4] s = {1.0, 1.0, 2.0, 1.0}", "float[1,1,4094,2] x")),
        (one("y = Resize <mode = \"linear\"> (x, , s)", "float[4] s = {1.0, 1.0, 0.5, 2.0}", "float[1,1,9000,2] x"), one("y = InstanceNormalization (x, w, w)", "float[16384] w", "float[1,16384,2] x")),
    ],
)  # fmt: skip
def test_the_hardware_counts_to_a_limit(fits: str, refused: str) -> None:
    counted = {
        text: {f.rule for f in findings(text) if f.support == "unsupported" and f.converter_code != "CBE"}
        for text in (fits, refused)
    }
    assert counted == {fits: set(), refused: {"SF109"}}


@pytest.mark.parametrize(
    ("rule", "fits", "refused"),
    [
        ("SF201", one("y = Softmax (x)", "", "float[1,32767] x"), one("y = Softmax (x)", "", "float[1,32768] x")),
        ("SF202", one("y = LayerNormalization (x, w)", "float[16383] w", "float[1,16383] x"), one("y = LayerNormalization (x, w)", "float[16384] w", "float[1,16384] x")),
    ],
)  # fmt: skip
def test_a_flagged_operator_over_too_long_an_axis_is_refused(rule: str, fits: str, refused: str) -> None:
    assert [f.severity for f in findings(fits) if f.rule == rule] == ["warning"]
    assert [f.severity for f in findings(refused) if f.rule == rule] == ["error"]


@pytest.mark.parametrize(("channels", "severity"), [(32, "error"), (31, "warning")])
def test_before_opset_13_a_softmax_is_as_long_as_all_axes_from_its_own_on(
    channels: int, severity: str
) -> None:
    text = one("y = Softmax (x)", "", f"float[1,{channels},32,32] x")
    assert [f.severity for f in findings(text, 11) if f.rule == "SF201"] == [severity]
    assert [f.severity for f in findings(text) if f.rule == "SF201"] == ["warning"]
