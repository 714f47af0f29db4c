"""Files that are not ONNX, by their first bytes or their name: what they are, and the line that makes an ONNX of them.

Nothing is unpacked or read further than the first bytes: a checkpoint may run code when it is loaded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple


class Format(NamedTuple):
    """A kind of file that a model may come in."""

    title: str
    export: str
    """What makes an ONNX file of it."""


_TORCH: Final = (
    "build the model in Python, load this into it, and torch.onnx.export(model.eval(), torch.zeros(1, 3, H, W), "
    '"{to}", opset_version=17)'
)
TORCH: Final = Format("a PyTorch checkpoint", _TORCH)
TORCHSCRIPT: Final = Format(
    "a PyTorch file (a checkpoint, TorchScript or an exported program)",
    _TORCH + '; of a TorchScript file, torch.jit.load("{name}") is the model',
)
SAFETENSORS: Final = Format("weights alone (safetensors)", _TORCH)
TFLITE: Final = Format(
    "a TensorFlow Lite model",
    "pip install tf2onnx, python -m tf2onnx.convert --tflite {name} --output {to} --opset 17",
)
KERAS: Final = Format(
    "a Keras model",
    'tf2onnx.convert.from_keras(tf.keras.models.load_model("{name}"), opset=17, output_path="{to}")',
)
TENSORFLOW: Final = Format(
    "a TensorFlow graph",
    "python -m tf2onnx.convert --graphdef {name} --inputs NAME:0 --outputs NAME:0 --output {to} --opset 17",
)
ENGINE: Final = Format(
    "a TensorRT engine, which holds code for one GPU", "export the model that it was built from to ONNX"
)
OPENVINO: Final = Format("an OpenVINO model", "export the model that it was made from to ONNX")
COREML: Final = Format("a Core ML model", "export the model that it was made from to ONNX")
POINTER: Final = Format("a Git LFS pointer", "`git lfs pull` fetches the model itself")
PAGE: Final = Format("a web page", "download the model itself")
SENSOR: Final = Format(
    "a package for the sensor, built already", "check the float model that it was built from"
)
NUMPY: Final = Format("arrays (NumPy)", _TORCH)

SUFFIXES: Final = {
    ".pt": TORCHSCRIPT, ".pth": TORCH, ".ckpt": TORCH, ".pt2": TORCHSCRIPT, ".torchscript": TORCHSCRIPT,
    ".ptl": TORCHSCRIPT, ".safetensors": SAFETENSORS, ".tflite": TFLITE, ".lite": TFLITE, ".keras": KERAS,
    ".h5": KERAS, ".hdf5": KERAS, ".pb": TENSORFLOW, ".engine": ENGINE, ".plan": ENGINE, ".trt": ENGINE,
    ".xml": OPENVINO, ".mlmodel": COREML, ".mlpackage": COREML, ".rpk": SENSOR, ".npz": NUMPY, ".npy": NUMPY,
}  # fmt: skip
_SAFETENSORS: Final = re.compile(rb'.{6}\0\0\{"', re.DOTALL)
_PICKLE: Final = re.compile(rb"\x80[\x02-\x05]")
FIRST_BYTES: Final = 16


def format_of(name: str, first: bytes) -> Format | None:
    """What the file ``name`` that begins with ``first`` is; None for what is not recognised."""
    by_name = SUFFIXES.get(Path(name).suffix.lower())
    if first[4:8] == b"TFL3":
        return TFLITE
    if first.startswith(b"\x89HDF"):
        return KERAS
    if first.startswith(b"\x93NUMPY"):
        return NUMPY
    if _SAFETENSORS.match(first):
        return SAFETENSORS
    if first.startswith(b"version https://"):
        return POINTER
    if first.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return PAGE
    if first.startswith(b"PK"):
        return by_name or TORCHSCRIPT
    if _PICKLE.match(first):
        return by_name or TORCH
    return by_name


def named(name: str, first: bytes) -> str:
    """``a PyTorch checkpoint, not ONNX: ...`` with the way to an ONNX file; "" for what is not recognised."""
    found = format_of(name, first)
    if found is None:
        return ""
    file = Path(name).name
    made = f"{Path(file).stem}.onnx"
    made = f"{Path(file).stem}.exported.onnx" if made == file else made  # what is read is not written over
    return f"is {found.title}, not ONNX: {found.export.replace('{name}', file).replace('{to}', made)}"
