"""SPACE.toml: what it means, and what is said of one that means nothing; grids and random orders."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sensorfit.errors import ConfigError
from sensorfit.sweep.expression import Expression
from sensorfit.sweep.read import parse_space
from sensorfit.sweep.sampling import at_random, grid, permuted
from sensorfit.sweep.space import Interval, Space

GOOD = """
family = "picosam"
objectives = ["dsp_ms", "maximize parameters"]
constraints = ["total <= 8 MiB", "encoder2 >= encoder1", "dsp_ms <= 8"]

[parameters]
size = [96, "128x96"]
encoder1 = { from = 32, to = 96, step = 32 }
encoder2 = [64, 96]
width = { from = 0.5, to = 1.0, step = 0.25 }
depth = 2
attention = ["none", "channel"]
dilation = { values = [1, 2], when = "attention == 'channel'" }
"""


def space(text: str = GOOD) -> Space:
    return parse_space(text, "space.toml")


def test_a_space_is_read_as_it_is_written() -> None:
    found = space()
    assert {p.name: p.values for p in found.parameters} == {
        "size": (96, "128x96"), "encoder1": (32, 64, 96), "encoder2": (64, 96), "width": (0.5, 0.75, 1.0),
        "attention": ("none", "channel"), "dilation": (1, 2),
    }  # fmt: skip
    assert found.fixed == {"depth": 2}
    assert [e.text for e in found.constraints] == ["total <= 8 MiB", "dsp_ms <= 8"]
    assert [e.text for e in found.shape] == ["encoder2 >= encoder1"]
    assert [str(o) for o in found.objectives] == ["minimize dsp_ms", "maximize parameters"]


def test_the_documented_space_is_a_space() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sweep.md").read_text(encoding="utf-8")
    example = parse_space(page.partition("```toml\n")[2].partition("```")[0], "space.toml")
    chosen = list(islice(at_random(example, 0), 20))
    assert len(chosen) == 20 and all(c["encoder2"] >= c["encoder1"] for c in chosen)


def test_ranges_without_a_step_are_whole_numbers_or_intervals() -> None:
    found = space(
        'family = "picosam"\n[parameters]\ndepth = { from = 1, to = 3 }\nwidth = { from = 0.5, to = 2.0, log = true }'
    )
    assert [p.values for p in found.parameters] == [(1, 2, 3), Interval(0.5, 2.0, True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('family = "pico"', "space.toml:1: family: there is no family 'pico': did you mean 'picosam'"),
        ("\n[parameters]\n", "space.toml:1: family: is missing"),
        ('family = "unet"\n\n[parameters]\nlevls = [3]', "space.toml:4: parameters.levls: the family has no parameter 'levls': did you mean 'levels'"),
        ('family = "unet"\n[parameters]\nkernel = [3,\n 4]', "space.toml:3: parameters.kernel: 4 cannot be taken: choose from 1, 3, 5, 7"),
        ('family = "unet"\n[parameters]\nbase = [8.5]', "space.toml:3: parameters.base: 8.5 cannot be taken: write a whole number"),
        ('family = "unet"\n[parameters]\nbase = { from = 8, to = 4 }', "space.toml:3: parameters.base: goes from 8 to 4"),
        ('family = "unet"\n[parameters.base]\nfrom = 8\nto = 9\nstop = 1', "space.toml:5: parameters.base.stop: there is no such key: did you mean 'step'"),
        ('family = "unet"\n[parameters]\nbase = { from = 8, to = 16, log = true }', "space.toml:3: parameters.base: takes whole numbers"),
        ('family = "unet"\n[parameters]\nsize = ["96 x"]', 'space.toml:3: parameters.size: \'96 x\' cannot be taken: write 96 for a square'),
        ('family = "unet"\n[parameters]\nbase = [8, 8]', "space.toml:3: parameters.base: holds a value twice"),
        ('family = "unet"\n[parameters]\nbase = []', "space.toml:3: parameters.base: is []"),
        ('family = "unet"\n[parameters]\nbase = { values = [4], when = "levels > 2" }\nlevels = [2, 3]', "space.toml:3: parameters.base.when: 'levels > 2' names 'levels', which is not known here"),
        ('family = "unet"\nconstraints = [\n "totl <= 8 MiB"]', "space.toml:2: constraints: 'totl <= 8 MiB' names 'totl', which is not known here: did you mean 'total'"),
        ('family = "unet"\nconstraints = ["total <="]', "space.toml:2: constraints: 'total <=' is no condition"),
        ('family = "unet"\nconstraints = ["open(1) <= 2"]', "space.toml:2: constraints: 'open(1) <= 2' holds open(1)"),
        ('family = "unet"\nobjectives = ["maximise dsp_ms"]', "space.toml:2: objectives: 'maximise dsp_ms'"),
        ('family = "unet"\nobjectives = "dsp_ms"', "space.toml:2: objectives: is 'dsp_ms'; write a list of texts, [\"dsp_ms\"]"),
        ('family = "mine:build"\n[parameters]\naccuracy = [1]', "space.toml:3: parameters.accuracy: 'accuracy' is a figure"),
        ('family = "unet"\nobjectives = ["latency"]', "space.toml:2: objectives: there is no figure 'latency'"),
        ('family = "unet"\nseeds = 1', "space.toml:2: seeds: there is no such key"),
        ('family = "mine:build"\n[parameters]\ntotal = [1]', "space.toml:3: parameters.total: 'total' is a figure of every candidate"),
        ('family = "unet"\ninput = [3, 96, 96]', "space.toml:2: input: goes with a builder of your own"),
        ('family = "unet', "space.toml: is not TOML"),
    ],
)  # fmt: skip
def test_an_error_in_a_space_names_the_line_and_the_key(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        space(text)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("total <= 8 MiB", True), ("total < 8388608 B", False), ("dsp_ms <= 0.005 s", True), ("parameters >= 1.5 M", False),
        ("kernel in [3, 5] and not attention == 'none'", True), ("absent > 1", False), ("absent > 1 or kernel == 3", True),
        ("not (absent > 1 and kernel == 3)", True), ("1 < kernel < 5", True), ("encoder * 2 - 1 == 31", True),
    ],
)  # fmt: skip
def test_conditions_mean_what_they_say(text: str, holds: bool) -> None:
    known = {
        "total": 8 * 2**20,
        "dsp_ms": 5.0,
        "parameters": 10**6,
        "kernel": 3,
        "attention": "channel",
        "encoder": 16,
    }
    assert Expression(text).holds(known) is holds
    assert (
        Expression(text).excess(known) <= 0
    ) is holds or "<" in text  # a strict bound is met at an excess of 0


def test_a_grid_has_every_candidate_once_and_none_that_a_condition_or_constraint_leaves_out() -> None:
    found = [*grid(space())]
    assert (
        len({tuple(sorted(c.items(), key=str)) for c in found}) == len(found) == 2 * 5 * 3 * 3
    )  # 5 of 6 widths, 1 + 2
    assert all(("dilation" in c) == (c["attention"] == "channel") for c in found)
    assert all(c["encoder2"] >= c["encoder1"] for c in found)


def test_a_random_order_is_the_grid_in_an_order_of_its_seed() -> None:
    def keys(stream: Iterator[dict[str, Any]]) -> list[str]:
        return [repr(c) for c in stream]

    whole = keys(grid(space()))
    one, same, other = (keys(at_random(space(), seed)) for seed in (1, 1, 2))
    assert one == same != other
    assert sorted(one) == sorted(other) == sorted(whole) and one != whole
    assert keys(islice(at_random(space(), 1), 7)) == one[:7]


@pytest.mark.parametrize("size", [1, 2, 3, 17, 64, 1000])
def test_a_permutation_takes_every_position_once(size: int) -> None:
    assert sorted(permuted(i, size, 5) for i in range(size)) == [*range(size)]


def test_a_space_without_a_candidate_says_so() -> None:
    with pytest.raises(
        ConfigError, match="2 combinations of the parameters, one after the other, break the constraints"
    ):
        next(grid(space('family = "unet"\nconstraints = ["base > 9"]\n[parameters]\nbase = [8, 9]')))
    with pytest.raises(ConfigError, match=r"parameters\.width is an interval, and a grid needs values"):
        next(grid(space('family = "picosam"\n[parameters]\nwidth = { from = 0.5, to = 1.5 }')))
