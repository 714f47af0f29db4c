"""The numbers of transforms against those in the converter's listings, where a transform's name begins with its own."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping

import pytest

from sensorfit.api import load_target
from sensorfit.memory.crops import cropped_by_axis
from sensorfit.memory.device import TRANSFORM
from sensorfit.memory.gathers import gathers_cut
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.multipliers import multipliers_spread
from sensorfit.memory.numbering import transform_numbers
from sensorfit.memory.steps import device_steps
from sensorfit.memory.widths import with_widths
from tools.memory_errors import DATA, cases

CASES = {case.name: case for case in cases()}
LISTINGS = json.loads(gzip.decompress((DATA / "listings.json.gz").read_bytes()))
NUMBER = re.compile(r"transform-(\d+-(?:\d+-)*)(?:\(F\))?(.*)")

OTHERWISE = {"grp16", "grpa", "grpb", "grpc", "grpd", "w_mulse2", "sc_a", "h_norm", "att1", "att2", "yatt2", "z_yoloRelu_256x320", "tokens_meet"}  # fmt: skip
"""Here a transform more or less shifts the numbers: the slices of groups, scales and heads; of yatt2 two operands change places,
and the functions of tokens_meet are called otherwise in its float file."""


@pytest.mark.parametrize("name", [name for name in LISTINGS if name in CASES])
def test_transforms_are_numbered_as_in_the_converters_listing(name: str) -> None:
    """By the step whose result a row of transforms lays anew; steps that we call otherwise are left out."""
    ours, listed = _ours(name), _listed(name)
    same = {step: numbers for step, numbers in ours.items() if step in listed}
    assert (same == {step: listed[step] for step in same}) == (name not in OTHERWISE)


def test_steps_between_kernels_are_numbered_branch_by_branch() -> None:
    """Three branches of tokens meet in a Concat: 5 to 8, 9 to 12 and 13 to 16 in the listing, then the kernels before them."""
    ours, listed = _ours("tokens_meet"), _listed("tokens_meet")
    assert sorted(ours.values()) == sorted(listed.values())
    for branch, first in ((2, 5), (1, 9), (0, 13)):
        turned = {2: "/Transpose_5", 1: "/Transpose_3", 0: "/Transpose_1"}[branch]
        assert ours[turned] == [f"{first + 1}-"] and listed[f"/Transpose_{branch + 3}"] == [f"{first + 1}-"]
        assert ours[f"/b.{branch}/Conv"] == listed[f"/b_{branch}/Conv"] == [f"{19 - branch}-"]


def test_most_numbers_are_compared() -> None:
    compared = [len(_ours(name).keys() & _listed(name).keys()) for name in LISTINGS if name in CASES]
    assert sum(compared) > 400


def _ours(name: str) -> Mapping[str, list[str]]:
    facts = load_memory_facts(load_target())
    graph = CASES[name].graph()
    program = device_steps(multipliers_spread(cropped_by_axis(gathers_cut(with_widths(graph))), facts), facts)
    source = {op.writes[0]: op.reads[0] for op in program.operations if op.op == TRANSFORM}
    writer = {written: op.name for op in program.operations for written in op.writes}

    def origin(tensor: str) -> str:
        while tensor in source:
            tensor = source[tensor]
        return writer.get(tensor, tensor)

    return _by_step((origin(result), number) for result, number in transform_numbers(program).items())


def _listed(name: str) -> Mapping[str, list[str]]:
    found = (NUMBER.fullmatch(row["name"]) for row in LISTINGS[name])
    return _by_step((match[2].replace("/layer/", "/"), match[1]) for match in found if match)


def _by_step(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for step, number in pairs:
        found.setdefault(step, []).append(number)
    return {step: sorted(numbers) for step, numbers in found.items()}
