"""The table of training runs compares networks and teachers, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("accelerate")

from tools.training_ablation import VARIANTS, settings, teacher, trained

pytestmark = pytest.mark.heavy


def test_the_rows_differ_in_the_network_and_the_teacher_alone() -> None:
    runs = [replace(settings(variant, 150), network="", teacher="") for variant in VARIANTS]
    assert runs.count(runs[0]) == len(runs) == 4
    assert {(v.network, v.taught) for v in VARIANTS} == {
        (network, taught) for network in ("picosam2", "picosam3") for taught in (False, True)
    }


def test_the_teacher_is_the_weights_that_ship() -> None:
    assert {settings(v, 1).teacher for v in VARIANTS if v.taught} == {teacher()}
    assert Path(teacher()).is_file()


def test_a_run_that_is_there_is_not_repeated(tmp_path: Path) -> None:
    weights = tmp_path / "picosam3-alone-1" / "model.pt"
    weights.parent.mkdir()
    weights.write_bytes(b"")
    assert trained(VARIANTS[0], tmp_path / "no material", 1, tmp_path) == weights
