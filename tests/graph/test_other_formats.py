"""A file that is not ONNX is called by its name, with the line that makes an ONNX of it."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from sensorfit.errors import ModelError
from sensorfit.graph.limits import read_model
from tests.conftest import model_of


@pytest.mark.parametrize(
    ("name", "first", "said"),
    [
        ("net.pt", b"PK\x03\x04" + b"\0" * 60, 'a PyTorch file.*torch.onnx.export.*"net.onnx"'),
        ("net.pth", b"\x80\x02}q\0.", "a PyTorch checkpoint, not ONNX"),
        ("weights", b"PK\x03\x04" + b"\0" * 60, "a PyTorch file"),
        ("net.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 60, "TensorFlow Lite.*--tflite net.tflite"),
        ("net.h5", b"\x89HDF\r\n\x1a\n", "Keras.*from_keras"),
        ("net.keras", b"PK\x03\x04" + b"\0" * 60, "a Keras model"),
        ("net.bin", b'\x40\0\0\0\0\0\0\0{"weight"', "weights alone"),
        (
            "net.onnx",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d",
            "a Git LFS pointer.*git lfs pull",
        ),
        ("net.onnx", b"<!DOCTYPE html><html><body>Not found", "a web page"),
        ("net.onnx", b"\x1c\0\0\0TFL3" + b"\0" * 60, "--tflite net.onnx --output net.exported.onnx"),
        ("net.engine", b"ptrt\0\0", "TensorRT engine"),
    ],
)
def test_another_format_is_named(tmp_path: Path, name: str, first: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(first)
    with pytest.raises(ModelError, match=said):
        read_model(path)


def test_an_onnx_file_under_another_suffix_is_read(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    onnx.save(model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { y = Relu(x) }"), path)
    assert read_model(path).graph.node
