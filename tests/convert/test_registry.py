"""The built-in names: found without torch, each with a graph that exists."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sensorfit.models.registry import find, names


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
