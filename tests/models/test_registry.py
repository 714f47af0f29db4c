"""The built-in names: found without torch, each with a graph that exists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sensorfit.models.registry import entry_for, find, names, nothing_called


def test_a_lookup_imports_neither_torch_nor_onnx() -> None:
    code = "import sys; from sensorfit.models.registry import find; assert find('picosam3'); print('torch' in sys.modules, 'onnx' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("name", names())
def test_every_name_has_its_graph(name: str) -> None:
    entry = find(name)
    assert entry is not None and entry.graph.is_file()
    assert len(entry.mean) == len(entry.std)


def test_spelling_does_not_matter_but_the_name_does() -> None:
    assert find("PicoSAM3") is find("picosam3")
    assert find("picosam4") is None


def test_both_picosams_can_be_built_with_imagenet_normalisation() -> None:
    for name in ("picosam2", "picosam3"):
        entry = find(name)
        assert entry is not None and entry.buildable
        assert entry.input_shape == (3, 96, 96)
        assert (entry.mean, entry.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def test_a_file_comes_before_a_built_in_model_a_directory_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picosam2").write_bytes(b"")
    (tmp_path / "picosam3").mkdir()
    assert entry_for("picosam2") is None
    assert entry_for("picosam3") is find("picosam3")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tinysm", "did you mean 'tinysam'?"),
        ("TinySM", "did you mean 'tinysam'?"),
        ("sam2.1-tny", "did you mean 'sam2.1-tiny'?"),
        ("tinysam/decodr", "did you mean 'tinysam/decoder'?"),
        ("picosam3/decoder", "did you mean 'picosam3'?"),
        ("tinysam@64", "did you mean 'tinysam@96'?"),
        ("xyzzy", "those built in are picosam2, picosam3, mobilesam"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(word: str, said: str) -> None:
    assert nothing_called(word).startswith(f"{word}: there is no such file or built-in model: {said}")


def test_a_wrong_name_for_a_build_is_answered_with_what_can_be_built() -> None:
    assert nothing_called("picosm3", buildable=True).endswith("did you mean 'picosam3'?")
    assert nothing_called("tinysam", buildable=True).endswith("can be built are picosam2, picosam3")


def test_a_wrong_file_is_answered_with_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    wrong = tmp_path / "modle.onnx"
    assert (
        nothing_called(wrong) == f"{wrong}: there is no such file: did you mean '{tmp_path / 'model.onnx'}'?"
    )
    assert nothing_called("no/such/place") == "no/such/place: there is no such file"
    assert nothing_called("no/such/place.onnx") == "no/such/place.onnx: there is no such file"
