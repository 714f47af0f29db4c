"""What is kept where the converter ran out of time: taken up by the same build alone, and never in place of a stranger's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.pipeline import unfinished

NAMES = ("model.onnx", "model.int8.onnx", "quantize.log")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    """What a build has written before it converts."""
    made = tmp_path / "made"
    made.mkdir()
    for name in NAMES:
        (made / name).write_text(f"this is {name}")
    return tuple(made / name for name in NAMES)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the next build writes."""
    place = tmp_path / "next"
    place.mkdir()
    return place


def test_what_is_kept_is_taken_by_the_same_key_and_by_no_other(
    files: tuple[Path, ...], out: Path, tmp_path: Path
) -> None:
    place = unfinished.keep(files, tmp_path / "dir", "mine", ("conv_1",))
    assert place == tmp_path / "dir.unfinished"
    assert {p.name for p in place.iterdir()} == {*NAMES, "unfinished.json"}
    assert unfinished.take(out, tmp_path / "dir", "another") is None
    assert unfinished.take(out, tmp_path / "other", "mine") is None and not [*out.iterdir()]
    assert unfinished.take(out, tmp_path / "dir", "mine") == ("conv_1",)
    assert {p.name: p.read_text() for p in out.iterdir()} == {name: f"this is {name}" for name in NAMES}


def test_a_later_attempt_replaces_an_earlier_and_a_finished_build_removes_it(
    files: tuple[Path, ...], out: Path, tmp_path: Path
) -> None:
    unfinished.keep(files, tmp_path / "dir", "first", ())
    unfinished.keep(files, tmp_path / "dir", "second", ())
    assert unfinished.take(out, tmp_path / "dir", "first") is None
    assert unfinished.take(out, tmp_path / "dir", "second") == ()
    unfinished.remove(tmp_path / "dir")
    assert not (tmp_path / "dir.unfinished").exists()


def test_a_folder_of_somebody_elses_is_neither_replaced_nor_removed(
    files: tuple[Path, ...], tmp_path: Path
) -> None:
    place = tmp_path / "dir.unfinished"
    place.mkdir()
    (place / "thesis.txt").write_text("mine")
    assert unfinished.keep(files, tmp_path / "dir", "key", ()) is None
    unfinished.remove(tmp_path / "dir")
    assert (place / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "change", ["other values", "a link", "a file more", "a file less", "no facts", "no hashes"]
)
def test_what_was_changed_since_is_not_taken(
    files: tuple[Path, ...], out: Path, tmp_path: Path, change: str
) -> None:
    place = unfinished.keep(files, tmp_path / "dir", "key", ())
    assert place is not None
    graph = place / "model.int8.onnx"
    if change == "other values":
        graph.write_text("this is another")
    elif change == "a link":
        graph.unlink()
        graph.symlink_to(files[1])
    elif change == "a file more":
        (place / "more").write_text("")
    elif change == "a file less":
        graph.unlink()
    elif change == "no hashes":
        names = '["model.onnx", "model.int8.onnx", "quantize.log"]'
        (place / "unfinished.json").write_text(f'{{"key": "key", "files": {names}, "saturated": []}}')
    else:
        (place / "unfinished.json").write_text('{"key": 3}')
    assert unfinished.take(out, tmp_path / "dir", "key") is None


def test_the_key_is_of_the_network_and_of_every_fact(files: tuple[Path, ...]) -> None:
    same = unfinished.key_of(files[0], {"seed": 0, "z_threshold": float("inf")})
    assert same == unfinished.key_of(files[0], {"z_threshold": float("inf"), "seed": 0})
    assert same != unfinished.key_of(files[0], {"seed": 1, "z_threshold": float("inf")})
    assert same != unfinished.key_of(files[1], {"seed": 0, "z_threshold": float("inf")})
