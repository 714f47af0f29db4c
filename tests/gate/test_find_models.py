"""A search for models ends, follows no link to a directory and finds each file once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sensorfit.errors import ConfigError
from sensorfit.gate import find_models as module
from sensorfit.gate.find_models import find_models


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """models/m.onnx and models/one/two/n.onnx, with two links to the directory itself."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "models"
    (folder / "one" / "two").mkdir(parents=True)
    for name in ("m.onnx", "one/two/n.onnx", "one/.hidden.onnx", "one/other.txt"):
        (folder / name).write_bytes(b"x")
    (folder / "a").symlink_to(".")
    (folder / "b").symlink_to(".")
    return folder


BOTH = ["models/m.onnx", "models/one/two/n.onnx"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", ["models", "models/**/*.onnx", "**/*.onnx", "models/**", "**/**/**/*.o*x"]
)
def test_two_links_to_the_directory_itself_end_the_search_with_each_file_once(
    models: Path, pattern: str
) -> None:
    assert [name for name in find_models([pattern]) if name.endswith(".onnx")] == BOTH


@pytest.mark.timeout(20)
def test_many_wildcards_walk_each_directory_once(models: Path) -> None:
    deep = models
    for _ in range(20):
        deep = deep / "d"
        deep.mkdir()
        (deep / "l").symlink_to("..")
    with pytest.raises(ConfigError, match="no file matches"):
        find_models(["/".join(["**", "d"] * 8 + ["**", "*.onnx"])])
    with pytest.raises(ConfigError, match="no file matches"):
        find_models(["models/" + "*/" * 30 + "*.onnx"])


def test_wildcards_mean_what_they_mean_to_a_shell(models: Path) -> None:
    assert find_models(["models/*.onnx"]) == ["models/m.onnx"]
    assert find_models(["models/*/*/*.onnx"]) == ["models/one/two/n.onnx"]
    assert find_models(["models/[!x]ne/t?o/n.*"]) == ["models/one/two/n.onnx"]
    assert find_models(["models/one/.*.onnx"]) == ["models/one/.hidden.onnx"]
    assert find_models(["models/one/**/*.onnx"]) == ["models/one/two/n.onnx"]


def test_a_link_that_is_named_is_followed_and_a_file_behind_two_names_counts_once(models: Path) -> None:
    (models.parent / "elsewhere").symlink_to("models")
    assert find_models(["elsewhere"]) == ["elsewhere/m.onnx", "elsewhere/one/two/n.onnx"]
    assert find_models(["elsewhere/*.onnx"]) == ["elsewhere/m.onnx"]
    (models / "also.onnx").symlink_to("m.onnx")
    assert find_models(["models"]) == BOTH
    assert find_models(["models/m.onnx", "models/../models/m.onnx", str(models / "m.onnx")]) == [
        "models/m.onnx"
    ]
    assert find_models(["models/also.onnx"]) == ["models/also.onnx"]


def test_links_to_themselves_and_pipes_are_no_models(models: Path) -> None:
    (models / "loop.onnx").symlink_to("loop.onnx")
    os.mkfifo(models / "pipe.onnx")
    assert find_models(["models"]) == BOTH
    with pytest.raises(ConfigError, match=r"loop\.onnx: cannot be looked for"):
        find_models(["models/loop.onnx"])


def test_a_search_has_a_bound(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 4)
    with pytest.raises(ConfigError, match=r"more than 4 files .* name a smaller directory"):
        find_models(["models"])
    monkeypatch.setattr(module, "MAX_ENTRIES", 1000)
    monkeypatch.setattr(module, "MAX_SECONDS", -1.0)
    with pytest.raises(ConfigError, match="s to search; name a smaller directory"):
        find_models(["models/**/*.onnx"])


@pytest.mark.parametrize("name", ["a" * 5000, "a" * 5000 + ".onnx", "*" + "a" * 5000, "a/" * 3000, "a\0b"])
def test_a_name_that_no_file_can_have_is_one_sentence(models: Path, name: str) -> None:
    for directory in (None, models):
        with pytest.raises(ConfigError) as said:
            find_models([name], directory)
        assert len(str(said.value)) < 500


def test_patterns_of_a_configuration_are_those_of_its_directory(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models / "one")
    assert find_models(["models/m.onnx", "models/**/n.onnx"], models.parent) == [
        str(models.parent / name) for name in BOTH
    ]
    assert find_models(["models/one/**/n.onnx"], models.parent) == ["two/n.onnx"]
