"""GridSample at places that the network computes: products with hats, equal up to rounding, accepted by the front end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.probes.front_end import FrontEnd

from .harness import rewritten, untouched

HEAD = "(float[1,{c},{h},{w}] x, float[1,3,5,2] p) => (float[1,{c},3,5] y)"


def places(form: str = 'mode = "bilinear"', c: int = 4, h: int = 6, w: int = 8, scale: float = 1.2) -> str:
    """Samples at Tanh(p) times ``scale``: within the image and a little beyond it."""
    head = HEAD.format(c=c, h=h, w=w)
    return f"{head} <float s = {{{scale}}}> {{ t = Tanh (p) g = Mul (t, s) y = GridSample <{form}> (x, g) }}"


HEADS = """(float[1,12,48] v, float[1,3,10] p) => (float[1,12,5] y)
    <int64[4] a = {3, 4, 6, 8}, int64[4] b = {3, 1, 5, 2}, int64[3] c = {1, 12, 5}> {
    x = Reshape (v, a) q = Reshape (p, b) g = Tanh (q) z = GridSample <mode = "bilinear"> (x, g) y = Reshape (z, c) }"""
CONSTANT = """(float[1,12,48] v) => (float[1,12,5] y) <int64[4] a = {3, 4, 6, 8}, float[3,1,5,2] g, int64[3] c = {1, 12, 5}> {
    x = Reshape (v, a) z = GridSample <mode = "bilinear"> (x, g) y = Reshape (z, c) }"""
CASES = {
    "three heads at constant places": CONSTANT,
    "zeros beyond the image": places(),
    "held at the border": places('padding_mode = "border"'),
    "corners are the first and last cells": places("align_corners = 1"),
    "border and corners": places('padding_mode = "border", align_corners = 1', scale=3.0),
    "many channels of a small map": places(c=64, h=3, w=4),
    "few channels of a large map": places(c=2, h=24, w=32),
    "three heads": HEADS,
}


@pytest.mark.parametrize("name", CASES)
def test_samples_at_computed_places_are_products_with_hats(name: str, tmp_path: Path) -> None:
    case = rewritten(CASES[name], tmp_path)
    assert "GridSampleByHats" in case.fixed.counted() and not case.fixed.remaining
    assert "GridSample" not in case.operators
    assert case.fixed.max_difference <= 1e-6 * max(1.0, case.fixed.largest_output)


def test_of_few_channels_lines_are_summed_first_and_of_many_all_cells(tmp_path: Path) -> None:
    few = rewritten(CASES["few channels of a large map"], tmp_path, "GridSampleByHats")
    many = rewritten(CASES["many channels of a small map"], tmp_path, "GridSampleByHats")
    assert [s.form for s in (*few.fixed.rewrites, *many.fixed.rewrites)] == ["lines", "cells"]


@pytest.mark.parametrize("form", ['mode = "nearest"', 'mode = "bicubic"', 'padding_mode = "reflection"'])
def test_jumps_and_other_functions_stay(form: str) -> None:
    untouched(places(form), "GridSampleByHats")


@pytest.mark.toolchain
def test_the_real_front_end_accepts_them(tmp_path: Path) -> None:
    front_end = FrontEnd()
    for text in CASES.values():
        assert front_end.judge(rewritten(text, tmp_path).after)["verdict"] == "accepted"
