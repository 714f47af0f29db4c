"""A Gather at constant places takes what the cuts and the Concat take that the device runs for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import sensorfit
from sensorfit.memory import gathers
from sensorfit.memory.model import MANY_PLACES

from ..verify.text import model

HEAD = "(float[1,3,32,32] x) => (float[1,8,32,32] y)"
WEIGHTS = "float[12,3,3,3] w, float[8,{channels},1,1] v"
BODY = "a = Conv <pads = [1, 1, 1, 1]> (x, w) b = Relu (a) {taken} y = Conv (c, v)"


def runtime(taken: str, channels: int, more: str = "") -> sensorfit.Report:
    text = f"{HEAD} <{WEIGHTS.format(channels=channels)}{more}> {{ {BODY.format(taken=taken)} }}"
    return sensorfit.check(model(text))


def gathered(places: Sequence[int]) -> sensorfit.Report:
    numbers = ", ".join(map(str, places))
    return runtime("c = Gather <axis = 1> (b, i)", len(places), f", int64[{len(places)}] i = {{{numbers}}}")


@pytest.mark.parametrize("places", [[5, 6, 7, 0, 1, 11], [-1, 3, 3, 4], [2, 1, 0]])
def test_it_takes_what_its_cuts_and_their_concat_take(places: list[int]) -> None:
    runs: list[list[int]] = []
    for place in (p % 12 for p in places):
        if runs and place == runs[-1][1]:
            runs[-1][1] = place + 1
        else:
            runs.append([place, place + 1])
    cuts = " ".join(f"p{k} = Slice (b, s{k}, e{k}, one)" for k in range(len(runs)))
    parts = ", ".join(f"p{k}" for k in range(len(runs)))
    more = ", int64[1] one = {1}" + "".join(
        f", int64[1] s{k} = {{{a}}}, int64[1] e{k} = {{{b}}}" for k, (a, b) in enumerate(runs)
    )
    written = runtime(f"{cuts} c = Concat <axis = 1> ({parts})", len(places), more)
    assert gathered(places).memory.runtime_bytes == written.memory.runtime_bytes


def test_of_too_many_places_the_memory_is_unknown_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gathered([4, 2, 0]).verdict == "fits"
    monkeypatch.setattr(gathers, "MOST_PARTS", 2)
    report = gathered([4, 2, 0])
    assert report.verdict == "unknown" and report.memory.missing == (MANY_PLACES,)
