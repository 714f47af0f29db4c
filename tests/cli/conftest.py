"""``sensorfit`` as CI calls it, and a directory of models to call it on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sensorfit import cli
from tests.cli.networks import Run, net


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """``sensorfit ARGUMENTS`` in an empty directory: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # the search for a configuration ends here

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sensorfit", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        return int(stop.value.code or 0), out, err

    return call


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """good.onnx fits, bad.onnx does not, deep/soft.onnx is flagged, broken.onnx is no model."""
    folder = tmp_path / "models"
    net(folder / "good.onnx")
    net(folder / "bad.onnx", "ConvTranspose")
    net(folder / "deep" / "soft.onnx", "Softmax")
    (folder / "broken.onnx").write_bytes(b"not a model")
    return folder
