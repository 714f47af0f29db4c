"""Resize with antialiasing and of regions, sequences, CenterCropPad, and what float32 alone can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.rewrite.declare import chosen
from tools.probes.front_end import FrontEnd

from .harness import rewritten, untouched

RESIZE = """(float[1,4,{h},{w}] x) => (float[1,4,{H},{W}] y) <int64[4] s = {{1,4,{H},{W}}}, float[8] r = {{0,0,{a},{b},1,1,{c},{d}}}>
{{ y = Resize <mode = "{mode}"{more}> (x, {roi}, , s) }}"""


def smoothed(mode: str, h: int, w: int, H: int, W: int, more: str = "") -> str:
    return RESIZE.format(
        h=h, w=w, H=H, W=W, a=0, b=0, c=1, d=1, roi="", mode=mode, more=f", antialias = 1{more}"
    )


def cropped(mode: str, a: float, b: float, c: float, d: float, H: int = 5, W: int = 7) -> str:
    more = ', coordinate_transformation_mode = "tf_crop_and_resize"'
    return RESIZE.format(h=8, w=9, H=H, W=W, a=a, b=b, c=c, d=d, roi="r", mode=mode, more=more)


SEQUENCE = """(float[1,6,4,4] x) => (float[1,2,4,4] y) <{split}int64 i = {{0}}, int64 j = {{{j}}}>
{{ q = SplitToSequence <axis = 1> (x{read}) a = SequenceAt (q, i) b = SequenceAt (q, j) y = Add (a, b) }}"""
ONE = "(float[1,4,6,8] x) => (float[1,4,6,8] y)"
CASES = {
    "antialiasing": ("ResizeAsProducts", smoothed("linear", 13, 9, 5, 7), 18),
    "antialiasing, half as large": ("ResizeAsProducts", smoothed("linear", 16, 16, 8, 8), 18),
    "antialiasing, cubic": ("ResizeAsProducts", smoothed("cubic", 33, 20, 9, 13, ", cubic_coeff_a = -0.5"), 18),
    "antialiasing, cubic, inside": (
        "ResizeAsProducts",
        smoothed("cubic", 16, 12, 8, 5, ", exclude_outside = 1"),
        18,
    ),
    "a region": ("ResizeAsProducts", cropped("linear", 0.1, 0.2, 0.8, 0.9), 17),
    "a region beyond the image": ("ResizeAsProducts", cropped("linear", -0.2, 0, 1, 1.3), 17),
    "a region, cubic": ("ResizeAsProducts", cropped("cubic", 0.1, 0.2, 0.8, 0.9), 17),
    "a region, mirrored": ("ResizeByLerp", cropped("linear", 0.9, 0.1, 0.1, 0.9), 17),
    "a region, nearest": ("ResizeByCopies", cropped("nearest", 0.1, 0.2, 0.8, 0.9, 16, 12), 17),
    "sequence by sizes": (
        "SequenceAsSlices",
        SEQUENCE.format(split="int64[3] s = {2,2,2}, ", j=2, read=", s"),
        17,
    ),
    "sequence by one size": ("SequenceAsSlices", SEQUENCE.format(split="int64 s = {2}, ", j=-1, read=", s"), 17),
    "sequence of cells": (
        "SequenceAsSlices",
        """(float[1,3,4,4] x) => (float[1,4,4] y) <int64 i = {0}, int64 j = {-1}>
        { q = SplitToSequence <axis = 1, keepdims = 0> (x) a = SequenceAt (q, i) b = SequenceAt (q, j) y = Add (a, b) }""",
        17,
    ),
    "sequence of cells, as torch's unbind has it": (
        "SequenceAsSlices",
        """(float[1,3,4,4] x) => (float[1,4,4] y) <int64 s = {1}, int64 i = {0}, int64 j = {2}>
        { q = SplitToSequence <axis = 1, keepdims = 0> (x, s) a = SequenceAt (q, i) b = SequenceAt (q, j) y = Add (a, b) }""",
        17,
    ),
    "crop and pad": (
        "CenterCropPadWritten",
        "(float[1,4,7,8] x) => (float[1,4,4,13] y) <int64[2] s = {4,13}> { y = CenterCropPad <axes = [2, 3]> (x, s) }",
        18,
    ),
    "crop and pad of all axes": (
        "CenterCropPadWritten",
        "(float[1,4,7,8] x) => (float[1,4,10,3] y) <int64[4] s = {1,4,10,3}> { y = CenterCropPad (x, s) }",
        20,
    ),
    "padding of windows": (
        "KeepBatchAxis",
        """(float[1,8,4,6] x) => (float[1,8,6,6] y) <int64[3] a = {8,4,6}, int64[6] p = {0,1,0,0,1,0}, int64[4] i = {1,8,6,6}>
        { r = Reshape (x, a) q = Pad (r, p) y = Reshape (q, i) }""",
        17,
    ),
    "copies in windows": (
        "KeepBatchAxis",
        """(float[1,8,4,1] x) => (float[1,8,4,6] y) <int64[3] a = {8,4,1}, int64[3] e = {8,4,6}, int64[4] i = {1,8,4,6}>
        { r = Reshape (x, a) q = Expand (r, e) y = Reshape (q, i) }""",
        17,
    ),
    "sign": ("SignByClip", f"{ONE} {{ y = Sign (x) }}", 17),
    "thresholded": ("ThresholdedReluByStep", f"{ONE} {{ y = ThresholdedRelu <alpha = 0.7> (x) }}", 17),
    "round": ("RoundByAdding", f"{ONE} {{ y = Round (x) }}", 17),
}  # fmt: skip
LEFT_ALONE = {
    "sequence at a computed place": (
        "SequenceAsSlices",
        """(float[1,6,4,4] x, int64 i) => (float[1,2,4,4] y) <int64[3] s = {2,2,2}>
        { q = SplitToSequence <axis = 1> (x, s) y = SequenceAt (q, i) }""",
        17,
    ),
    "region with another number beyond it": (
        "ResizeAsProducts",
        cropped("linear", -0.2, 0, 1, 1.3).replace("<mode", "<extrapolation_value = 7.0, mode"),
        17,
    ),
    "antialiasing of corners": (
        "ResizeAsProducts",
        smoothed("linear", 16, 16, 8, 8, ', coordinate_transformation_mode = "align_corners"'),
        18,
    ),
    "antialiasing is no lerp": ("ResizeByLerp", smoothed("linear", 16, 16, 8, 8), 18),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_becomes_operators_that_are_accepted_and_equal(name: str, tmp_path: Path) -> None:
    rewrite, text, opset = CASES[name]
    case = rewritten(text, tmp_path, rewrite, opset=opset)
    assert {r.name for r in case.fixed.rewrites} == {rewrite} and not case.fixed.remaining


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_another_function_stays(name: str) -> None:
    rewrite, text, opset = LEFT_ALONE[name]
    untouched(text, rewrite, opset)


def test_what_8_bits_make_noise_of_is_made_on_request_alone() -> None:
    steep = {"SignByClip", "ThresholdedReluByStep", "RoundByAdding"}
    assert not steep & {r.name for r in chosen()}
    assert steep == {r.name for r in chosen(steep)}


@pytest.mark.toolchain
def test_the_front_end_accepts_what_they_become(tmp_path: Path) -> None:
    front_end = FrontEnd()
    said = {
        name: front_end.judge(rewritten(text, tmp_path, rewrite, opset=opset).after)["verdict"]
        for name, (rewrite, text, opset) in CASES.items()
    }
    assert {n for n, v in said.items() if v != "accepted"} == set()
