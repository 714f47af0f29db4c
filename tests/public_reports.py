"""Ten more public reports, each re-made small from its description: what was reported, and the form that it is about.

No code, weights or wording of theirs. ``front_end`` is what the converter's front end (imx500-converter 3.19.2) said of
the file; ``tests/rules/test_public_reports.py`` asks it again.
"""

from __future__ import annotations

from typing import NamedTuple


class Report(NamedTuple):
    """One public report and the smallest graph of its kind."""

    address: str
    about: str
    text: str
    front_end: str
    verdict: str
    """Ours."""
    rule: str = ""
    """Which says why it does not fit."""


def _levels(count: int, channels: int = 8, side: int = 32) -> str:
    """Heads that share their kernels over the levels of a pyramid."""
    nodes, outputs = ["f0 = Conv <kernel_shape = [1, 1]> (x, stem)"], []
    for level in range(count):
        if level:
            nodes.append(f"f{level} = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (f{level - 1})")
        nodes.append(f"a{level} = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (f{level}, shared)")
        nodes.append(f"n{level} = BatchNormalization (a{level}, g{level}, b{level}, m{level}, v{level})")
        nodes.append(f"r{level} = Relu (n{level})")
        nodes.append(f"y{level} = Conv <kernel_shape = [1, 1]> (r{level}, out)")
        at = side >> level
        outputs.append(f"float[1,4,{at},{at}] y{level}")
    norms = ", ".join(f"float[{channels}] {k}{level}" for level in range(count) for k in "gbmv")
    return (
        f"(float[1,3,{side},{side}] x) => ({', '.join(outputs)}) <float[{channels},3,1,1] stem, float[{channels},{channels},3,3] shared, "
        f"float[4,{channels},1,1] out, {norms}> {{ {' '.join(nodes)} }}"
    )


def _wide(widths: tuple[int, ...] = (64, 256, 512, 1024, 1024), side: int = 64) -> str:
    """Convolutions as wide as those of a detector's larger variants."""
    nodes, kernels, at, before = [], [], "x", 3
    for index, width in enumerate(widths):
        nodes.append(
            f"c{index} = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]> ({at}, w{index})"
        )
        kernels.append(f"float[{width},{before},3,3] w{index}")
        at, before = f"c{index}", width
    last = side >> len(widths)
    return f"(float[1,3,{side},{side}] x) => (float[1,{before},{last},{last}] {at}) <{', '.join(kernels)}> {{ {' '.join(nodes)} }}"


HUB = "https://github.com"
MCT = f"{HUB}/SonySemiconductorSolutions/mct-model-optimization/issues"
YOLO = f"{HUB}/ultralytics/ultralytics"

REPORTS: dict[str, Report] = {
    "expectation_over_bins": Report(
        f"{MCT}/1125",
        "DAMO-YOLO: the expectation over the bins of a box's side is a product of Softmax with a constant column",
        """(float[1,3,32,32] x) => (float[1,1024,4,1] y) <float[32,3,1,1] w, int64[4] split = {1,4,8,1024}, float[8,1] bins> {
            c = Conv <kernel_shape = [1, 1]> (x, w) r = Reshape (c, split) t = Transpose <perm = [0, 3, 1, 2]> (r)
            p = Softmax <axis = 3> (t) y = MatMul (p, bins) }""",
        "accepted",
        "fits",
    ),
    "classifier_of_a_detector_family": Report(
        f"{MCT}/1288",
        "YOLOv8n-cls: pooled to a point, flattened, one matrix, Softmax as the output",
        """(float[1,3,32,32] x) => (float[1,10] y) <float[16,3,3,3] w, float[10,16] fc, float[10] bias> {
            c = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, w) s = Sigmoid (c) m = Mul (c, s)
            g = GlobalAveragePool (m) f = Flatten (g) z = Gemm <transB = 1> (f, fc, bias) y = Softmax <axis = 1> (z) }""",
        "accepted",
        "fits",
    ),
    "oblong_input": Report(
        f"{YOLO}/issues/24023",
        "YOLO11n at 480x640: boxes decoded with the anchors of an oblong map",
        """(float[1,3,48,64] x) => (float[1,4,48] y) <float[4,3,8,8] w, int64[3] flat = {1,4,48}, float[1,2,48] anchors, float[1,48] stride, float two = {2}> {
            c = Conv <kernel_shape = [8, 8], strides = [8, 8]> (x, w) r = Reshape (c, flat) a, b = Split <axis = 1> (r)
            l = Sub (anchors, a) h = Add (b, anchors) s = Add (l, h) m = Div (s, two) e = Sub (h, l)
            k = Concat <axis = 1> (m, e) y = Mul (k, stride) }""",
        "accepted",
        "fits",
    ),
    "transposed_convolution_of_a_given_size": Report(
        f"{MCT}/1116",
        "ConvTranspose2d called with output_size: output padding of one",
        """(float[1,3,8,8] x) => (float[1,16,8,8] y) <float[16,3,3,3] a, float[16,16,3,3] b> {
            d = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, a)
            y = ConvTranspose <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]> (d, b) }""",
        "invalid_operator",
        "does_not_fit",
        "SF112",
    ),
    "padding_of_nothing_before_a_skip": Report(
        f"{MCT}/1497",
        "U-Net: what comes up is padded to the skip's size by a function, here by nothing",
        """(float[1,3,16,16] x) => (float[1,4,16,16] y) <float[8,3,3,3] a, float[8,8,3,3] b, float[8,8,2,2] u, float[4,16,1,1] o, int64[8] none = {0,0,0,0,0,0,0,0}> {
            s = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, a) d = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (s)
            m = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (d, b) t = ConvTranspose <kernel_shape = [2, 2], strides = [2, 2]> (m, u)
            p = Pad (t, none) k = Concat <axis = 1> (s, p) y = Conv <kernel_shape = [1, 1]> (k, o) }""",
        "accepted",
        "fits",
    ),
    "padding_by_one_row_before_a_skip": Report(
        f"{MCT}/1497",
        "the same U-Net at an odd size: padded by a row and a column",
        """(float[1,3,17,17] x) => (float[1,4,17,17] y) <float[8,3,3,3] a, float[8,8,3,3] b, float[8,8,2,2] u, float[4,16,1,1] o, int64[8] one = {0,0,0,0,0,0,1,1}> {
            s = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, a) d = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (s)
            m = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (d, b) t = ConvTranspose <kernel_shape = [2, 2], strides = [2, 2]> (m, u)
            p = Pad (t, one) k = Concat <axis = 1> (s, p) y = Conv <kernel_shape = [1, 1]> (k, o) }""",
        "accepted",
        "fits",
    ),
    "batchnorm_as_a_function": Report(
        f"{MCT}/857",
        "RegNetY: normalisation by a function behind a grouped convolution, squeeze and excitation behind it",
        """(float[1,3,32,32] x) => (float[1,16,16,16] y) <float[16,3,3,3] a, float[16,8,3,3] b, float[16] g, float[16] h, float[16] m, float[16] v, float[4,16,1,1] q, float[16,4,1,1] e> {
            s = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, a)
            c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], group = 2> (s, b) n = BatchNormalization (c, g, h, m, v) r = Relu (n)
            p = ReduceMean <axes = [2, 3], keepdims = 1> (r) k = Conv <kernel_shape = [1, 1]> (p, q) l = Relu (k)
            o = Conv <kernel_shape = [1, 1]> (l, e) z = Sigmoid (o) y = Mul (r, z) }""",
        "accepted",
        "fits",
    ),
    "one_kernel_over_the_levels": Report(
        f"{MCT}/1050",
        "mmrotate: a head whose kernels every level of the pyramid shares, each with a normalisation of its own",
        _levels(4),
        "accepted",
        "fits",
    ),
    "keypoints": Report(
        f"{YOLO}/pull/20196",
        "YOLO11n-pose: keypoints taken apart, scaled, their visibility through Sigmoid",
        """(float[1,3,32,32] x) => (float[1,51,64] y) <float[51,3,4,4] w, int64[4] split = {1,17,3,64}, int64[3] flat = {1,51,64}, int64[1] zero = {0}, int64[1] at = {2}, int64[1] end = {3}, float[1,1,2,64] anchors, float two = {2}> {
            c = Conv <kernel_shape = [4, 4], strides = [4, 4]> (x, w) r = Reshape (c, split)
            xy = Slice (r, zero, at, at) v = Slice (r, at, end, at) d = Mul (xy, two) a = Add (d, anchors) s = Sigmoid (v)
            k = Concat <axis = 2> (a, s) y = Reshape (k, flat) }""",
        "accepted",
        "fits",
    ),
    "mask_prototypes": Report(
        f"{YOLO}/pull/22146",
        "YOLO11n-seg: prototypes from a transposed convolution beside coefficients on three levels",
        """(float[1,3,64,64] x) => (float[1,8,32,32] protos, float[1,8,21] coefficients) <float[8,3,3,3] a, float[8,8,3,3] b, float[8,8,3,3] d, float[8,8,2,2] u, float[8] bias, float[8,8,3,3] p, float[8,8,1,1] k, int64[3] flat = {1,8,-1}> {
            s = Conv <kernel_shape = [3, 3], strides = [4, 4], pads = [1, 1, 1, 1]> (x, a) up = ConvTranspose <kernel_shape = [2, 2], strides = [2, 2]> (s, u, bias)
            t = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (up, p) g = Sigmoid (t) protos = Mul (t, g)
            l0 = Conv <kernel_shape = [3, 3], strides = [4, 4], pads = [1, 1, 1, 1]> (s, b) l1 = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (l0, d)
            l2 = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (l1)
            c0 = Conv <kernel_shape = [1, 1]> (l0, k) c1 = Conv <kernel_shape = [1, 1]> (l1, k) c2 = Conv <kernel_shape = [1, 1]> (l2, k)
            f0 = Reshape (c0, flat) f1 = Reshape (c1, flat) f2 = Reshape (c2, flat) coefficients = Concat <axis = 2> (f0, f1, f2) }""",
        "accepted",
        "fits",
    ),
    "wider_variant": Report(
        f"{YOLO}/issues/18440",
        "YOLOv8s, m, l and x: the converter takes every operator, and the weights alone are over the memory",
        _wide(),
        "accepted",
        "does_not_fit",
        "SF301",
    ),
}
