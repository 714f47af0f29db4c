"""Pooled features that two convolutions read, as the converter answered (imx500-converter 3.19.2, quantized by MCT 2.5.1)."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from sensorfit.api import check

from ..memory.test_advice import weighted

TEXT = """agraph (float[1,3,64,64] x) => ({out}) {{
    c = Conv <pads = [1, 1, 1, 1]> (x, wc) g = GlobalAveragePool (c) {body}
}}"""
SHAPES = {
    "wc": (36, 3, 3, 3),
    "wr": (8, 36, 1, 1),
    "wa": (24, 8, 1, 1),
    "wb": (40, 8, 3, 3),
    "ga": (24, 36, 1, 1),
    "gb": (40, 36, 3, 3),
}
PADDED = "Conv <pads = [1, 1, 1, 1]>"
A, B = "float[1,24,1,1] a", "float[1,40,1,1] b"
FORMS = {
    "the product first by name": (f"r = Conv (g, wr) s = Relu (r) b = {PADDED} (s, wb) a = Conv (s, wa)", "a", False),
    "behind an activation of its own": (f"r = Conv (g, wr) t = Tanh (r) b = {PADDED} (t, wb) a = Conv (r, wa)", "a", False),
    "the larger kernel first by name": (f"r = Conv (g, wr) s = Relu (r) a = Conv (s, wa) b = {PADDED} (s, wb)", "z", True),
    "both read the mean": (f"a = Conv (g, ga) b = {PADDED} (g, gb)", "a", True),
}  # fmt: skip
"""What is behind the mean, what the 1x1 convolution is called (the larger kernel: k), and whether the converter takes it."""


def network(form: str) -> tuple[onnx.ModelProto, bool]:
    body, product, accepted = FORMS[form]
    used = {name: shape for name, shape in SHAPES.items() if f", {name})" in TEXT.format(out="", body=body)}
    model = weighted(TEXT.format(out=f"{A}, {B}", body=body), **used)
    for node in model.graph.node:
        named = {"a": product, "b": "k"}.get(node.output[0])
        node.name = f"{named}/Conv" if named else node.name
    return model, accepted


MEETS_A_MAP = """agraph (float[1,3,64,64] x) => (float[1,36,64,64] y, float[1,24,1,1] a) {
    c = Conv <pads = [1, 1, 1, 1]> (x, wc) g = GlobalAveragePool (c)
    r = Conv (g, wr) s = Relu (r) e = Conv (s, we) k = Sigmoid (e) y = Mul (c, k) a = Conv (e, ga)
}"""


def gated(product: str, text: str = MEETS_A_MAP) -> onnx.ModelProto:
    """Squeeze and excitation; a 1x1 convolution called ``product`` reads what the Sigmoid k reads."""
    model = weighted(text, **{k: SHAPES[k] for k in ("wc", "wr", "ga")}, we=(36, 8, 1, 1))
    for node in model.graph.node:
        node.name = f"{product if node.output[0] == 'a' else node.output[0]}/{node.op_type}"
    return model


TWICE = MEETS_A_MAP.replace("k = Sigmoid (e) y = Mul (c, k)", "k = Sigmoid (e) l = Tanh (k) y = Mul (c, l)")
"""Another activation behind the one that reads the features."""
SCALED = MEETS_A_MAP.replace("float[1,36,64,64] y", "float[1,36,1,1] y").replace(
    "y = Mul (c, k)", "half = Constant <value_float = 0.5> () y = Mul (k, half)"
)
"""A number in place of the map."""
BY_CHANNEL = SCALED.replace(
    "half = Constant <value_float = 0.5> ()",
    "ones = Constant <value_ints = [1, 36, 1, 1]> () half = ConstantOfShape <value = float[1] {0.5}> (ones)",
)
"""A number a channel."""


@pytest.mark.parametrize(
    "text", [TWICE, SCALED, BY_CHANNEL], ids=["twice activated", "by a number", "by channel"]
)
def test_the_activation_named_is_the_one_that_reads_the_features(text: str) -> None:
    (issue,) = (f for f in check(gated("b", text)).findings if f.support == "unsupported")
    assert issue.node == "y/Mul" and "rename k/Sigmoid, which activates them, or b/Conv" in issue.fix
    assert check(gated("z", text)).verdict == "fits"


@pytest.mark.toolchain
@pytest.mark.parametrize(
    "text", [TWICE, SCALED, BY_CHANNEL], ids=["twice activated", "by a number", "by channel"]
)
def test_the_converter_says_so_of_both(text: str) -> None:
    assert not asked(gated("b", text)) and asked(gated("z", text))


GATED_BEFORE = """agraph (float[1,3,64,64] x) => (float[1,36,64,64] y, float[1,24,1,1] a, float[1,40,1,1] b) {
    c = Conv <pads = [1, 1, 1, 1]> (x, wc) g = GlobalAveragePool (c)
    r = Conv (g, wr) s = Relu (r) e = Conv (s, we) k = Sigmoid (e) y = Mul (c, k)
    h = Tanh (k) b = Conv <pads = [1, 1, 1, 1]> (h, gb) a = Conv (h, ga)
}"""
"""As gated, and what meets the map is activated once more for a 1x1 convolution, the first by name, and a larger one."""


def gated_before() -> onnx.ModelProto:
    model = weighted(GATED_BEFORE, **{k: SHAPES[k] for k in ("wc", "wr", "ga", "gb")}, we=(36, 8, 1, 1))
    for node in model.graph.node:
        node.name = f"{node.output[0]}/{node.op_type}"
    return model


@pytest.mark.parametrize("form", FORMS)
def test_a_larger_kernel_that_comes_after_a_product_ends_the_converter(form: str) -> None:
    model, accepted = network(form)
    report = check(model)
    assert (report.verdict == "fits") is accepted
    assert [f.rule for f in report.findings if f.support == "unsupported"] == ([] if accepted else ["SF131"])


@pytest.mark.parametrize(("product", "accepted"), [("b", False), ("z", True)])
def test_features_whose_activation_comes_after_a_product_meet_no_map(product: str, accepted: bool) -> None:
    report = check(gated(product))
    issues = [f for f in report.findings if f.support == "unsupported"]
    assert (report.verdict == "fits") is accepted
    assert [(f.rule, f.node) for f in issues] == ([] if accepted else [("SF131", "y/Mul")])
    assert all("rename k/Sigmoid, which activates them, or b/Conv" in f.fix for f in issues)


def test_a_larger_kernel_may_come_after_a_product_behind_what_meets_a_map() -> None:
    assert check(gated_before()).verdict == "fits"


@pytest.mark.toolchain
def test_the_converter_says_so_behind_the_map() -> None:
    assert asked(gated_before())


@pytest.mark.toolchain
@pytest.mark.parametrize(("product", "accepted"), [("b", False), ("z", True)])
def test_the_converter_says_so_of_the_map(product: str, accepted: bool) -> None:
    assert asked(gated(product)) is accepted


@pytest.mark.toolchain
@pytest.mark.parametrize("form", FORMS)
def test_the_converter_says_so(form: str) -> None:
    model, accepted = network(form)
    assert asked(model) is accepted


def asked(model: onnx.ModelProto) -> bool:
    """Whether the converter packages ``model``, its weights filled."""
    from tools.probes.packaged import PACKAGED, said  # torch

    rng = np.random.default_rng(0)
    for kernel in model.graph.initializer:
        values = rng.standard_normal(tuple(kernel.dims)).astype(np.float32)
        kernel.CopyFrom(numpy_helper.from_array(values, kernel.name))
    return said("features", model) == PACKAGED
