"""The output directory: whole or not there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sensorfit.errors import ConfigError
from sensorfit.pipeline.bundle import atomic_directory, check_place, write_json, write_manifest


def bundle(directory: Path, text: str = "one") -> None:
    with atomic_directory(directory) as out:
        (out / "model.onnx").write_text(text)
        write_manifest(out, {"seed": 0})


def test_it_appears_whole_with_hashes_of_every_file(tmp_path: Path) -> None:
    bundle(tmp_path / "out")
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert listed["files"] == {"model.onnx": {"bytes": 3, "sha256": hashlib.sha256(b"one").hexdigest()}}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_figure_that_is_no_number_is_null(tmp_path: Path) -> None:
    write_json(tmp_path / "r.json", {"a": [float("nan"), (1.5, {"b": float("-inf")})], "c": None, "d": 2})
    assert json.loads((tmp_path / "r.json").read_text()) == {
        "a": [None, [1.5, {"b": None}]],
        "c": None,
        "d": 2,
    }


def test_nothing_stays_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic_directory(tmp_path / "out") as out:
        (out / "half").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_old_bundle_stays_when_its_replacement_fails(tmp_path: Path) -> None:
    bundle(tmp_path / "out")
    with pytest.raises(RuntimeError), atomic_directory(tmp_path / "out"):
        raise RuntimeError
    assert (tmp_path / "out" / "model.onnx").read_text() == "one"


def test_of_two_builds_of_one_directory_the_second_stops(tmp_path: Path) -> None:
    """It would replace the first's result without being asked to."""
    with atomic_directory(tmp_path / "out") as out:
        with pytest.raises(ConfigError, match="another build is making it"):
            bundle(tmp_path / "out", "two")
        bundle(tmp_path / "other")
        (out / "model.onnx").write_text("one")
    assert (tmp_path / "out" / "model.onnx").read_text() == "one"
    bundle(tmp_path / "out", "three")
    assert {p.name for p in tmp_path.iterdir()} == {"out", "other"}


def test_a_bundle_is_replaced_only_when_asked(tmp_path: Path) -> None:
    bundle(tmp_path / "out")
    with pytest.raises(ConfigError, match="--overwrite"):
        check_place(tmp_path / "out", overwrite=False)
    check_place(tmp_path / "out", overwrite=True)
    bundle(tmp_path / "out", "two")
    assert (tmp_path / "out" / "model.onnx").read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_overwrite_leaves_other_peoples_directories_alone(tmp_path: Path) -> None:
    bundle(tmp_path / "out")
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(ConfigError, match="leaves it alone"):
        check_place(tmp_path / "out", overwrite=True)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(ConfigError, match="not a directory"):
        check_place(tmp_path / "out", overwrite=True)
    check_place(tmp_path / "new" / "deep", overwrite=False)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigError, match="nothing can be written there"),
        atomic_directory(tmp_path / "file" / "out"),
    ):
        pass
