"""The forms of tests/data/fix/forms.toml: each ends with nothing refused, by the rewrite that is meant for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.fix_forms import Row, forms, model, rows
from tools.probes.front_end import FrontEnd

from .harness import rewritten

FORMS = forms()
IMPOSSIBLE = {
    "pooling.max_unpool", "elementwise.greater_times", "elementwise.thresholded_relu", "elementwise.sign",
    "elementwise.round", "elementwise.greater_or_equal_output", "elementwise.not_output", "quantizer.quantize_dequantize",
    "branches.branches_that_do_not_meet",
}  # fmt: skip
"""Jumps, comparisons and quantizers: useless at 8 bits, or not the same function."""
REWRITES = {
    "linear.constant_first": "ConstantOnTheRight",
    "linear.weights_by_head": "WeightsByHead",
    "linear.gemm_of_tokens": "GemmAsProduct",
    "linear.gemm_alpha_trans_a": "GemmAsProduct",
    "linear.einsum_with_weights": "EinsumAsProduct",
    "linear.einsum_of_two": "EinsumAsProduct",
    "linear.cumulative_sum": "CumSumAsProduct",
    "convolution.depthwise_13": "DepthwiseInParts",
    "convolution.computed_weights": "ComputedKernelAsProduct",
    "activation.softplus": "SoftplusByExp",
    "activation.erf": "ErfByGelu",
    "activation.hard_sigmoid": "HardSigmoidByClip",
    "activation.leaky_relu_without_alpha": "AttributesWrittenOut",
    "activation.softsign": "SoftsignByDiv",
    "activation.shrink": "ShrinkByRelus",
    "activation.cosh": "HyperbolicByExp",
    "pooling.max_dilated": "DilatedMaxPool",
    "pooling.max_indices_unused": "UnusedOutputsDropped",
    "padding.some_axes": "PadAsGather",
    "shuffle.gather_nd": "GatherNdFlat",
    "shuffle.gather_matrix": "GatherFlat",
    "shuffle.flip": "SliceBackwards",
    "shuffle.scatter_rows": "ScatterNdByConcat",
    "normalization.layer_norm_chw": "LayerNormFlat",
    "normalization.layer_norm_2_axes": "LayerNormFlat",
    "normalization.mean_variance": "MeanVarianceSpelledOut",
    "normalization.lp": "LpNormalizationByDiv",
    "normalization.lrn": "LrnByConv",
    "elementwise.max_1": "PassedOn",
    "elementwise.where_mask": "WhereAsProducts",
    "elementwise.where_fill": "WhereAsProducts",
    "elementwise.where_greater": "WhereOfItself",
    "elementwise.clip_computed": "ClipAsMaxMin",
    "elementwise.pow_3": "PowByProducts",
    "elementwise.pow_minus_half": "PowByProducts",
    "elementwise.pow_1_and_half": "PowByProducts",
    "elementwise.pow_of_many_equal": "PowByProducts",
    "elementwise.cast_like": "PassedOn",
    "elementwise.trilu": "TriluAsProduct",
    "reduction.l1": "NormsBySums",
    "reduction.l2_of_all": "NormsBySums",
    "reduction.smallest_k": "SmallestByLargest",
    "reduction.arg_min": "ArgMinAsArgMax",
}


@pytest.mark.parametrize("name", REWRITES)
def test_a_form_is_rewritten_by_what_is_meant_for_it(name: str, tmp_path: Path) -> None:
    case = rewritten(model(FORMS[name]), tmp_path)
    assert not case.fixed.remaining
    assert REWRITES[name] in {r.name for r in case.fixed.rewrites}


@pytest.mark.toolchain
def test_the_front_end_accepts_every_form_but_those_that_have_no_rewrite() -> None:
    found: dict[str, Row] = {r.name: r for r in rows({n: model(t) for n, t in FORMS.items()}, FrontEnd())}
    assert {n for n, r in found.items() if not r.good} == IMPOSSIBLE
