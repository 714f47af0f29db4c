"""The tables of training runs compare networks, teachers and crops, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("accelerate")

from tools.training_ablation import settings, shipped_weights, trained, variants

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("larger", [False, True])
def test_the_rows_differ_in_the_network_and_the_teacher_alone(larger: bool) -> None:
    rows = variants(Path("runs"), larger)
    runs = [replace(settings(variant, 150), network="", teacher="") for variant in rows]
    assert runs.count(runs[0]) == len(runs) == (3 if larger else 4)


def test_both_networks_are_trained_with_and_without_a_teacher() -> None:
    assert {(v.network, bool(v.teacher)) for v in variants(Path("runs"), False)} == {
        (network, taught) for network in ("picosam2", "picosam3") for taught in (False, True)
    }


def test_the_teacher_is_the_weights_that_ship_or_the_unet_that_was_trained_before() -> None:
    assert {v.teacher for v in variants(Path("runs"), False) if v.teacher} == {shipped_weights()}
    assert Path(shipped_weights()).is_file()
    _, unet, taught = variants(Path("runs"), True)
    assert (unet.network, unet.teacher) == ("unet-teacher-small", "")
    assert Path(taught.teacher).parent == Path("runs/unet-teacher-small-400")


@pytest.mark.parametrize("larger", [False, True])
def test_a_run_that_is_there_is_not_repeated(tmp_path: Path, larger: bool) -> None:
    folders = set()
    for variant in variants(tmp_path, larger):
        steps = 400 if variant.network == "unet-teacher-small" else 1
        of = "" if not variant.teacher else "-unet" if larger else "-shipped"
        weights = tmp_path / f"{variant.network}{of}-{steps}" / "model.pt"
        weights.parent.mkdir()
        weights.write_bytes(b"")
        assert trained(variant, tmp_path / "no material", 1, tmp_path) == weights
        folders.add(weights)
    assert len(folders) == len(variants(tmp_path, larger))
