"""Twenty more public reports, each re-made small from its description: what was reported, and the form that it is about.

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

AGAIN: dict[str, Report] = {
    "positions_by_sines_of_a_running_sum": Report(
        f"{MCT}/1498",
        "a pretrained network with a Fourier encoding: MCT cannot trace it, though in the file its positions are constants",
        """(float[1,3,32,32] x) => (float[1,64,16] y) <float[16,3,4,4] w, int64[4] size = {1,8,8,8}, int64 h = {1}, float eps = {8.001}, float[1,8,1,1] freq, float[16,16,1,1] p, int64[3] tokens = {1,16,64}> {
            c = Conv <kernel_shape = [4, 4], strides = [4, 4]> (x, w) one = ConstantOfShape <value = float[1] {1}> (size) sum = CumSum (one, h)
            part = Div (sum, eps) at = Mul (part, freq) s = Sin (at) k = Cos (at) both = Concat <axis = 1> (s, k) enc = Conv <kernel_shape = [1, 1]> (both, p)
            a = Add (c, enc) r = Reshape (a, tokens) y = Transpose <perm = [0, 2, 1]> (r) }""",
        "accepted",
        "fits",
    ),
    "focus_of_four_strided_slices": Report(
        f"{MCT}/860",
        "YOLOX-tiny: the image taken apart into four of half the size before the first convolution",
        """(float[1,3,32,32] x) => (float[1,8,16,16] y) <float[8,12,3,3] w, int64[2] o = {0,0}, int64[2] a = {1,0}, int64[2] b = {0,1}, int64[2] d = {1,1}, int64[2] end = {9223372036854775807,9223372036854775807}, int64[2] axes = {2,3}, int64[2] two = {2,2}> {
            tl = Slice (x, o, end, axes, two) bl = Slice (x, a, end, axes, two) tr = Slice (x, b, end, axes, two) br = Slice (x, d, end, axes, two)
            k = Concat <axis = 1> (tl, bl, tr, br) c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (k, w) s = Sigmoid (c) y = Mul (c, s) }""",
        "accepted",
        "fits",
    ),
    "anchor_free_head_decoded_by_exp": Report(
        f"{MCT}/676",
        "YOLOX-tiny: sides by Exp, centres by a grid, one output of all",
        """(float[1,3,32,32] x) => (float[1,64,9] y) <float[8,3,4,4] w, float[4,8,1,1] reg, float[1,8,1,1] obj, float[4,8,1,1] cls, int64[3] flat = {1,9,64}, float[1,64,2] grid, float[1,64,1] stride, int64[1] z = {0}, int64[1] two = {2}, int64[1] four = {4}, int64[1] end = {9}, int64[1] ax = {2}> {
            c = Conv <kernel_shape = [4, 4], strides = [4, 4]> (x, w) r = Conv <kernel_shape = [1, 1]> (c, reg) o = Conv <kernel_shape = [1, 1]> (c, obj) k = Conv <kernel_shape = [1, 1]> (c, cls)
            os = Sigmoid (o) ks = Sigmoid (k) all = Concat <axis = 1> (r, os, ks) f = Reshape (all, flat) t = Transpose <perm = [0, 2, 1]> (f)
            xy = Slice (t, z, two, ax) wh = Slice (t, two, four, ax) rest = Slice (t, four, end, ax) xyg = Add (xy, grid) xys = Mul (xyg, stride) e = Exp (wh) whs = Mul (e, stride)
            y = Concat <axis = 2> (xys, whs, rest) }""",
        "accepted",
        "fits",
    ),
    "detector_of_one_class": Report(
        f"{MCT}/1056",
        "YOLOv8n trained for a single class: 64 bins beside one score",
        """(float[1,3,32,32] x) => (float[1,5,64] y) <float[65,3,4,4] w, int64[2] parts = {64,1}, int64[3] flat = {1,65,64}, int64[4] bins = {1,4,16,64}, float[1,16,1,1] weights, int64[3] box = {1,4,64}> {
            c = Conv <kernel_shape = [4, 4], strides = [4, 4]> (x, w) f = Reshape (c, flat) b, k = Split <axis = 1> (f, parts) r = Reshape (b, bins) t = Transpose <perm = [0, 2, 1, 3]> (r)
            s = Softmax <axis = 1> (t) e = Conv <kernel_shape = [1, 1]> (s, weights) d = Reshape (e, box) p = Sigmoid (k) y = Concat <axis = 1> (d, p) }""",
        "accepted",
        "fits",
    ),
    "shuffled_channels": Report(
        f"{MCT}/858",
        "NanoDet: the channels of a ShuffleNet block change places through five dimensions",
        """(float[1,3,32,32] x) => (float[1,16,16,16] y) <float[16,3,3,3] w, int64[2] half = {8,8}, float[8,8,1,1] a, float[8,1,3,3] d, float[8,8,1,1] b, int64[5] five = {1,2,8,16,16}, int64[4] four = {1,16,16,16}> {
            c = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, w) l, r = Split <axis = 1> (c, half) p = Conv <kernel_shape = [1, 1]> (r, a) q = Relu (p)
            g = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], group = 8> (q, d) h = Conv <kernel_shape = [1, 1]> (g, b) i = Relu (h) k = Concat <axis = 1> (l, i)
            v = Reshape (k, five) t = Transpose <perm = [0, 2, 1, 3, 4]> (v) y = Reshape (t, four) }""",
        "accepted",
        "fits",
    ),
    "downsampling_by_average_and_maximum": Report(
        f"{YOLO}/issues/20506",
        "YOLOv9-s: an average of overlapping windows, then one half strided and one pooled",
        """(float[1,3,32,32] x) => (float[1,16,16,16] y) <float[16,3,1,1] w, int64[2] half = {8,8}, float[8,8,3,3] a, float[8,8,1,1] b> {
            c = Conv <kernel_shape = [1, 1]> (x, w) p = AveragePool <kernel_shape = [2, 2], strides = [1, 1], count_include_pad = 1> (c) l, r = Split <axis = 1> (p, half)
            d = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (l, a) m = MaxPool <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (r) e = Conv <kernel_shape = [1, 1]> (m, b) y = Concat <axis = 1> (d, e) }""",
        "accepted",
        "fits",
    ),
    "suppression_inside": Report(
        f"{MCT}/1261",
        "torchvision's SSDLite and Faster R-CNN: the suppression of boxes stands in the network",
        """(float[1,3,32,32] x) => (int64[a,3] y) <float[4,3,4,4] w, float[2,3,4,4] v, int64[3] boxes = {1,4,64}, int64[3] scores = {1,2,64}, int64 most = {10}, float iou = {0.5}, float least = {0.1}> {
            b = Conv <kernel_shape = [4, 4], strides = [4, 4]> (x, w) k = Conv <kernel_shape = [4, 4], strides = [4, 4]> (x, v) f = Reshape (b, boxes) t = Transpose <perm = [0, 2, 1]> (f) s = Reshape (k, scores) p = Softmax <axis = 1> (s)
            y = NonMaxSuppression (t, p, most, iou, least) }""",
        "unsupported_operator",
        "does_not_fit",
        "SF101",
    ),
    "split_bottlenecks_with_silu": Report(
        f"{MCT}/790",
        "YOLOv8n: SiLU everywhere, whose shift-negative correction once ended the export",
        """(float[1,3,32,32] x) => (float[1,8,32,32] y) <float[16,3,1,1] w, int64[2] half = {8,8}, float[8,8,3,3] a, float[8,8,3,3] b, float[8,24,1,1] o> {
            c = Conv <kernel_shape = [1, 1]> (x, w) s = Sigmoid (c) m = Mul (c, s) l, r = Split <axis = 1> (m, half) p = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (r, a) ps = Sigmoid (p) pm = Mul (p, ps)
            q = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (pm, b) qs = Sigmoid (q) qm = Mul (q, qs) n = Add (r, qm) k = Concat <axis = 1> (l, r, n) y = Conv <kernel_shape = [1, 1]> (k, o) }""",
        "accepted",
        "fits",
    ),
    "image_brought_to_size_inside": Report(
        f"{YOLO}/issues/17850",
        "an image of another size than the network's, brought to it in the network",
        """(float[1,3,48,64] x) => (float[1,8,32,32] y) <float[8,3,3,3] w, int64[4] size = {1,3,64,64}> {
            r = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel"> (x, , , size) y = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (r, w) }""",
        "accepted",
        "fits",
    ),
    "exported_for_an_opset_too_old": Report(
        f"{MCT}/1271",
        "a detector written for opset 11, as its trainer's exporter writes it",
        """<opset_import: ["" : 11]> (float[1,3,32,32] x) => (float[1,8,16,16] y) <float[8,3,3,3] w, float low = {0}, float high = {6}> {
            c = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, w) y = Clip (c, low, high) }""",
        "execution_error",
        "fits",
    ),
}
"""Ten more, of a later search."""
REPORTS |= AGAIN
