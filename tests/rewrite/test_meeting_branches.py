"""Branches that meet, roots, diagonals, other axes."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tools.probes.front_end import FrontEnd

from .harness import model, rewritten, untouched

SHAPE = "(float[1,4,6,8] x) => (float[1,4,6,8] y)"
CASES = {
    "elu, spelled out": ("WhereOfBranches", f"{SHAPE} <float z = {{0.0}}, float o = {{1.0}}> {{ c = Greater (x, z) e = Exp (x) f = Sub (e, o) y = Where (c, x, f) }}"),
    "two branches of a shared sigmoid": ("WhereOfBranches", f"{SHAPE} <float o = {{1.0}}, float z = {{0.0}}> {{ c = Greater (x, z) s = Sigmoid (x) a = Mul (x, s) e = Exp (x) f = Sub (e, o) b = Mul (f, s) y = Where (c, a, b) }}"),
    "a parabola and a line": ("WhereOfBranches", f"{SHAPE} <float o = {{1.0}}, float h = {{0.5}}> {{ a = Abs (x) c = Less (a, o) s = Mul (a, a) t = Mul (s, h) u = Sub (a, h) y = Where (c, t, u) }}"),
    "a magnitude by a comparison": ("WhereOfBranches", f"{SHAPE} <float z = {{0.0}}> {{ c = GreaterOrEqual (x, z) n = Neg (x) y = Where (c, x, n) }}"),
    "a mask that is a relu": ("MaskTimesFunction", f"{SHAPE} <float z = {{0.0}}> {{ c = Greater (x, z) f = Cast <to = 1> (c) y = Mul (x, f) }}"),
    "a mask of what is below": ("MaskTimesFunction", f"{SHAPE} <float z = {{0.5}}> {{ c = Greater (z, x) f = Cast <to = 1> (c) d = Sub (x, z) e = Mul (d, d) y = Mul (f, e) }}"),
    "a sign times its number": ("SignTimesItself", f"{SHAPE} {{ s = Sign (x) y = Mul (x, s) }}"),
    "a sign times a magnitude": ("SignTimesItself", f"{SHAPE} {{ s = Sign (x) a = Abs (x) m = Mul (s, a) y = Relu (m) }}"),
    "a sign times a magnitude that is positive anyhow": ("SignTimesItself", f"{SHAPE} {{ s = Sign (x) a = Abs (x) r = Relu (a) m = Mul (s, r) y = Relu (m) }}"),
    "softplus, spelled out": ("SoftplusOperator", f"{SHAPE} <float o = {{1.0}}> {{ e = Exp (x) a = Add (o, e) y = Log (a) }}"),
    "mish by a logarithm": ("MishBySigmoid", f"{SHAPE} <float o = {{1.0}}> {{ e = Exp (x) a = Add (e, o) l = Log (a) t = Tanh (l) y = Mul (x, t) }}"),
    "a logarithm": ("LogByRoots", f"{SHAPE} {{ a = Abs (x) y = Log (a) }}"),
    "a logarithm of more than 1": ("LogByRoots", f"{SHAPE} <float o = {{1.0}}> {{ a = Abs (x) b = Add (a, o) y = Log (b) }}"),
    "the logarithm of a sum": ("LogOfSum", "(float[1,4,6,8] x) => (float[1,6,8] y) { a = Abs (x) y = ReduceLogSum <axes = [1], keepdims = 0> (a) }"),
    "a cube root": ("PowByRoots", f"{SHAPE} <float e = {{0.33333334}}> {{ a = Abs (x) y = Pow (a, e) }}"),
    "a display's exponent": ("PowByRoots", f"{SHAPE} <float e = {{2.2}}> {{ a = Abs (x) y = Pow (a, e) }}"),
    "one over a root": ("PowByRoots", f"{SHAPE} <float e = {{-0.45454545}}> {{ a = Abs (x) y = Pow (a, e) }}"),
    "arc sine": ("AsinByAtan", f"{SHAPE} {{ t = Tanh (x) y = Asin (t) }}"),
    "arc cosine": ("AsinByAtan", f"{SHAPE} {{ t = Tanh (x) y = Acos (t) }}"),
    "a diagonal": ("EinsumAsProduct", '(float[1,3,5,5] x) => (float[1,3,5] y) { y = Einsum <equation = "bcii->bci"> (x) }'),
    "a trace": ("EinsumAsProduct", '(float[1,3,5,5] x) => (float[1,3] y) { y = Einsum <equation = "bcii->bc"> (x) }'),
    "a diagonal ahead of other axes": ("EinsumAsProduct", '(float[1,4,4,6] x) => (float[1,6,4] y) { y = Einsum <equation = "biic->bci"> (x) }'),
    "two diagonals": ("EinsumAsProduct", '(float[1,3,3,5,5] x) => (float[1,3,5] y) { y = Einsum <equation = "biijj->bij"> (x) }'),
    "the diagonal of weights": ("EinsumAsProduct", '(float[1,4,6] x) => (float[1,4] y) <float[6,6] w> { y = Einsum <equation = "bik,kk->bi"> (x, w) }'),
    "the last of equal values": ("LastOfEqual", "(float[1,4,6,8] x) => (int64[1,1,6,8] y) { y = ArgMax <axis = 1, select_last_index = 1> (x) }"),
    "the last of the least": ("LastOfEqual", "(float[1,4,6,8] x) => (int64[1,6,8] y) { y = ArgMin <axis = 1, keepdims = 0, select_last_index = 1> (x) }"),
    "maps with channels last": ("ResizeOnRows", '(float[1,6,7,4] x) => (float[1,12,14,4] y) <float[4] s = {1.0,2.0,2.0,1.0}> { y = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel"> (x, , s) }'),
    "channels last, aligned corners": ("ResizeOnRows", '(float[1,6,7,4] x) => (float[1,9,14,4] y) <int64[4] s = {1,9,14,4}> { y = Resize <mode = "linear", coordinate_transformation_mode = "align_corners"> (x, , , s) }'),
    "more channels": ("ResizeOnRows", '(float[1,4,6,7] x) => (float[1,8,6,7] y) <float[4] s = {1.0,2.0,1.0,1.0}> { y = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel"> (x, , s) }'),
    "three axes by copies": ("ResizeOnRows", '(float[1,4,6,7] x) => (float[1,8,12,14] y) <float[4] s = {1.0,2.0,2.0,2.0}> { y = Resize <mode = "nearest", coordinate_transformation_mode = "half_pixel"> (x, , s) }'),
    "two named axes by copies": ("ResizeOnRows", '(float[1,4,6,7] x) => (float[1,6,6,10] y) <int64[2] s = {6,10}> { y = Resize <axes = [1, 3], mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , , s) }', 18),
    "transposed, one depth": ("TransposedDepthByDepth", "(float[1,3,1,6,6] x) => (float[1,4,1,12,12] y) <float[3,4,1,2,2] w> { y = ConvTranspose <strides = [1, 2, 2]> (x, w) }"),
    "transposed, twice the depth": ("TransposedDepthByDepth", "(float[1,3,3,6,6] x) => (float[1,4,6,12,12] y) <float[3,4,2,2,2] w, float[4] b> { y = ConvTranspose <strides = [2, 2, 2]> (x, w, b) }"),
    "transposed, depths that overlap": ("TransposedDepthByDepth", "(float[1,3,3,4,4] x) => (float[1,4,5,8,8] y) <float[3,4,3,4,4] w, float[4] b> { y = ConvTranspose <strides = [2, 2, 2], pads = [1, 1, 1, 1, 1, 1]> (x, w, b) }"),
    "transposed, depthwise": ("TransposedDepthByDepth", "(float[1,4,2,4,4] x) => (float[1,4,4,8,8] y) <float[4,1,2,2,2] w> { y = ConvTranspose <group = 4, strides = [2, 2, 2]> (x, w) }"),
    "samples at constant places": ("GridSampleByGather", "(float[1,4,6,8] x) => (float[1,4,3,5] y) <float[1,3,5,2] g> { y = GridSample (x, g) }"),
    "samples held at the border": ("GridSampleByGather", '(float[1,4,6,8] x) => (float[1,4,3,5] y) <float[1,3,5,2] g> { y = GridSample <align_corners = 1, padding_mode = "border"> (x, g) }'),
    "the nearest of constant places": ("GridSampleByGather", '(float[1,4,6,8] x) => (float[1,4,3,5] y) <float[1,3,5,2] g> { y = GridSample <mode = "nearest"> (x, g) }'),
    "cells at the same places everywhere": ("GatherElementsAlong", "(float[1,4,1,2] x) => (float[1,3,1,2] y) <int64[1,3,1,2] i = {3,3, 0,0, -3,-3}> { y = GatherElements <axis = 1> (x, i) }"),
    "squeezed and batched again": ("ReshapesAsOne", "(float[1,8,6,6] x) => (float[1,8] y) <int64[1] z = {0}> { m = ReduceMean <axes = [2, 3]> (x) s = Squeeze (m) y = Unsqueeze (s, z) }"),
}  # fmt: skip
LEFT_ALONE = {
    "a vector that something reads": ("ReshapesAsOne", "(float[1,8,1,1] x) => (float[1,8] y, float[8] r) <int64[1] z = {0}> { s = Squeeze (x) r = Relu (s) y = Unsqueeze (s, z) }"),
    "branches that do not meet": ("WhereOfBranches", f"{SHAPE} <float z = {{0.0}}> {{ c = Less (x, z) s = Exp (x) y = Where (c, s, x) }}"),
    "a branch of another tensor": ("WhereOfBranches", "(float[1,4,6,8] x, float[1,4,6,8] k) => (float[1,4,6,8] y) <float z = {0.0}> { c = Less (x, z) y = Where (c, k, x) }"),
    "a branch that something else reads": ("WhereOfBranches", "(float[1,4,6,8] x) => (float[1,4,6,8] y, float[1,4,6,8] n) <float z = {0.0}> { c = Greater (x, z) n = Neg (x) y = Where (c, x, n) }"),
    "a branch with no number at the border": ("WhereOfBranches", f"{SHAPE} <float z = {{0.0}}, float o = {{1.0}}> {{ c = Greater (x, z) d = Div (o, x) y = Where (c, d, x) }}"),
    "a mask that jumps": ("MaskTimesFunction", f"{SHAPE} <float z = {{0.5}}> {{ c = Greater (x, z) f = Cast <to = 1> (c) y = Mul (x, f) }}"),
    "a sign times another": ("SignTimesItself", "(float[1,4,6,8] x, float[1,4,6,8] k) => (float[1,4,6,8] y) { s = Sign (x) y = Mul (k, s) }"),
    "a sign times what is positive of it": ("SignTimesItself", f"{SHAPE} {{ s = Sign (x) r = Relu (x) y = Mul (s, r) }}"),
    "a logarithm of 2 and more": ("SoftplusOperator", f"{SHAPE} <float o = {{2.0}}> {{ e = Exp (x) a = Add (e, o) y = Log (a) }}"),
    "a logarithm that a softplus needs not": ("LogByRoots", f"{SHAPE} <float o = {{1.0}}> {{ e = Exp (x) a = Add (e, o) y = Log (a) }}"),
    "an exponent by products": ("PowByRoots", f"{SHAPE} <float e = {{2.5}}> {{ y = Pow (x, e) }}"),
    "the first of equal values": ("LastOfEqual", "(float[1,4,6,8] x) => (int64[1,1,6,8] y) { y = ArgMax <axis = 1> (x) }"),
    "height and width": ("ResizeOnRows", '(float[1,4,6,7] x) => (float[1,4,12,14] y) <float[4] s = {1.0,1.0,2.0,2.0}> { y = Resize <mode = "nearest", coordinate_transformation_mode = "half_pixel"> (x, , s) }'),
    "cells at constant places that differ": ("GatherElementsAlong", "(float[1,4,3,5] x) => (float[1,2,3,4] y) <int64[1,2,3,4] i = {3,0,1,2, 2,2,0,-1, 1,0,3,3, 0,1,2,3, 1,1,1,1, -4,2,0,3}> { y = GatherElements <axis = 1> (x, i) }"),
    "cells at computed places": ("GatherElementsAlong", "(float[1,4,3,5] x, int64[1,2,3,5] i) => (float[1,2,3,5] y) { y = GatherElements <axis = 1> (x, i) }"),
    "computed places": ("GridSampleByGather", "(float[1,4,6,8] x, float[1,3,5,2] g) => (float[1,4,3,5] y) { y = GridSample (x, g) }"),
    "reflected places": ("GridSampleByGather", '(float[1,4,6,8] x) => (float[1,4,3,5] y) <float[1,3,5,2] g> { y = GridSample <padding_mode = "reflection"> (x, g) }'),
    "transposed, grouped and overlapping": ("TransposedDepthByDepth", "(float[1,4,2,4,4] x) => (float[1,4,4,5,5] y) <float[4,2,3,2,2] w> { y = ConvTranspose <group = 2> (x, w) }"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_becomes_the_same_function(name: str, tmp_path: Path) -> None:
    rewrite, text, *opset = CASES[name]
    case = rewritten(text, tmp_path, opset=opset[0] if opset else 17)
    assert not case.fixed.remaining
    assert rewrite in {r.name for r in case.fixed.rewrites}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_another_function_is_left_alone(name: str) -> None:
    rewrite, text, *opset = LEFT_ALONE[name]
    untouched(text, rewrite, *opset)


def test_of_equal_values_a_proof_sees_which_counts(tmp_path: Path) -> None:
    case = rewritten(CASES["the last of equal values"][1], tmp_path)
    assert "ties" in case.fixed.rewrites[0].proof


@pytest.mark.parametrize("shape", ["1,8,5,6", "1,8,20"])
def test_a_scale_for_each_channel_of_a_newer_group_normalization(shape: str, tmp_path: Path) -> None:
    text = f"(float[{shape}] x) => (float[{shape}] y) <float[8] w, float[8] b> {{ y = GroupNormalization <num_groups = 2, epsilon = 0.01> (x, w, b) }}"
    case = rewritten(model(text, 21), tmp_path)
    assert not case.fixed.remaining and "GroupNormalization" not in case.operators


@pytest.mark.toolchain
def test_the_front_end_accepts_what_they_become(tmp_path: Path) -> None:
    front_end = FrontEnd()

    def said(text: str, opset: int = 17) -> object:
        made: onnx.ModelProto = rewritten(text, tmp_path, opset=opset).after
        return front_end.judge(made)["verdict"]

    found = {name: said(text, *opset) for name, (_, text, *opset) in CASES.items()}
    assert {n: a for n, a in found.items() if a != "accepted"} == {}
