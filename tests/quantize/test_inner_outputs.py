"""A layer that is an output and is also read by what MCT would merge into it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

import sensorfit
from sensorfit.api import load_target
from sensorfit.convert.toolchain import convert
from sensorfit.graph.load import load
from sensorfit.quantize.calibration import CalibrationSet
from sensorfit.quantize.lowering import to_module
from sensorfit.quantize.ptq import export_int8, quantize

pytestmark = pytest.mark.heavy

SIDE = 64


class Both(nn.Module):
    """What ``inner`` gives, and ``outer`` of it."""

    def __init__(self, inner: nn.Module, outer: nn.Module) -> None:
        super().__init__()
        self.inner, self.outer = inner, outer

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = self.inner(x)
        return found, self.outer(found)


class Sum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = conv(), conv()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.one(x) + self.other(x)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = self.inner(x)
        return found, found + x


def conv(cin: int = 3) -> nn.Conv2d:
    return nn.Conv2d(cin, 8, 3, padding=1)


FORMS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: Both(conv(), nn.ReLU()),
    "relu, then more": lambda: Both(conv(), nn.Sequential(nn.ReLU(), conv(8))),
    "sigmoid": lambda: Both(conv(), nn.Sigmoid()),
    "hardswish": lambda: Both(conv(), nn.Hardswish()),
    "relu6": lambda: Both(conv(), nn.ReLU6()),
    "silu": lambda: Both(conv(), nn.SiLU()),
    "sum": lambda: Both(Sum(), nn.ReLU()),
    "batchnorm": lambda: Both(conv(), nn.BatchNorm2d(8)),
    "batchnorm and relu": lambda: Both(conv(), nn.Sequential(nn.BatchNorm2d(8), nn.ReLU())),
    "1x1": lambda: Both(conv(), nn.Conv2d(8, 8, 1)),
    "wider 1x1": lambda: Both(conv(), nn.Conv2d(8, 64, 1)),
    "residual": Residual,
    "pooling": lambda: Both(conv(), nn.MaxPool2d(2)),
    "softmax": lambda: Both(conv(), nn.Softmax(1)),
    "linear": lambda: Both(
        nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)), nn.ReLU()
    ),
}


class Each(nn.Module):
    """Every form on the same image."""

    def __init__(self) -> None:
        super().__init__()
        self.forms = nn.ModuleList(form() for form in FORMS.values())

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(output for form in self.forms for output in form(x))


UNMERGED = ("silu", "batchnorm", "wider 1x1", "pooling", "softmax")
"""Forms whose two parts MCT does not merge: a SiLU reads twice, and a wider kernel would have more weights."""


def exported(make: Callable[[], nn.Module]) -> onnx.ModelProto:
    torch.manual_seed(0)
    file = io.BytesIO()
    torch.onnx.export(make().eval(), torch.zeros(1, 3, SIDE, SIDE), file, opset_version=17, dynamo=False)
    return onnx.load_from_string(file.getvalue())


@pytest.mark.parametrize("form", FORMS)
def test_what_mct_would_merge_is_kept_apart(form: str) -> None:
    network = to_module(load(exported(FORMS[form]), "both"))
    outputs = next(n for n in network.graph.nodes if n.op == "output").args[0]
    read = [n for n in outputs if len(n.users) > 1]
    assert bool(read) == (form in UNMERGED)


@pytest.mark.toolchain
def test_all_are_packaged(tmp_path: Path) -> None:
    model, log = exported(Each), tmp_path / "log"
    pixels = np.random.default_rng(0).random((2, 3, SIDE, SIDE), dtype=np.float32)
    images = CalibrationSet(pixels, "")
    quantized = quantize(to_module(load(model, "each")), images, load_target(), 0, log, 1)
    export_int8(quantized, images, tmp_path / "int8.onnx", load_target(), 0, log)
    answer = convert(tmp_path / "int8.onnx", tmp_path / "out", log)
    assert answer.complaint is None and answer.memory is not None
    predicted = sensorfit.check(model).memory
    assert predicted is not None
    ours, theirs = predicted.weights_bytes, answer.memory.weights_bytes
    assert abs(ours - theirs) <= 0.005 * theirs  # of each alone, all bytes are within 0.35 %
