"""What MCT's own merging breaks is merged before it: BatchNorms that stand alone, scales, residuals in groups."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

import sensorfit
from sensorfit.api import load_target
from sensorfit.convert.toolchain import convert
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.quantize.calibration import CalibrationSet
from sensorfit.quantize.lowering import to_module
from sensorfit.quantize.ptq import export_int8, quantize
from tests.memory.test_advice import weighted

pytestmark = pytest.mark.heavy

SIDE = 32


def norm(channels: int = 16) -> nn.BatchNorm2d:
    """With statistics and parameters of its own."""
    made = nn.BatchNorm2d(channels)
    for values, low, high in (
        (made.running_mean, -0.1, 0.3), (made.running_var, 0.2, 1), (made.weight.data, 0.5, 1.5), (made.bias.data, -0.3, 0.3),
    ):  # fmt: skip
        assert values is not None
        values.uniform_(low, high)
    return made


def conv(cin: int, cout: int, kernel: int = 3, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, kernel, padding=kernel // 2, groups=groups)


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) + x


ALONE: dict[str, Callable[[], nn.Module]] = {
    "before a 3x3 convolution": lambda: nn.Sequential(norm(), conv(16, 8)),
    "before a depthwise convolution": lambda: nn.Sequential(norm(), conv(16, 16, groups=16), conv(16, 8, 1)),
    "before a 1x1 convolution in groups": lambda: nn.Sequential(norm(), conv(16, 16, 1, groups=4)),
    "before a pooling": lambda: nn.Sequential(norm(), nn.MaxPool2d(2), conv(16, 8)),
    "before a sum": lambda: nn.Sequential(Residual(norm()), conv(16, 8)),
    "at the end": lambda: norm(),
}
TAKEN: dict[str, Callable[[], nn.Module]] = {
    "by the convolution before it": lambda: nn.Sequential(conv(16, 16), norm(), conv(16, 8)),
    "by the 1x1 convolution behind it": lambda: nn.Sequential(
        norm(), nn.Conv2d(16, 8, 1, stride=2), conv(8, 8)
    ),
    "by a ReLU": lambda: nn.Sequential(norm(), nn.ReLU(), conv(16, 8)),
    "by a SiLU": lambda: nn.Sequential(norm(), nn.SiLU(), conv(16, 8)),
    "by a HardSwish": lambda: nn.Sequential(norm(), nn.Hardswish(), conv(16, 8)),
}
MERGED: dict[str, Callable[[], nn.Module]] = {
    "a scale before a 1x1 convolution": lambda: nn.Sequential(
        conv(16, 16, 1, groups=16), conv(16, 8, 1), conv(8, 8)
    ),
    "a depthwise residual": lambda: Residual(conv(16, 16, groups=16)),
    "a residual in groups with a BatchNorm": lambda: Residual(nn.Sequential(conv(16, 16, groups=4), norm())),
    "a residual of a depthwise dilated kernel": lambda: Residual(
        nn.Conv2d(16, 16, 5, padding=4, dilation=2, groups=16)
    ),
    "a residual of one channel": lambda: Residual(conv(16, 1)),
    "a residual of an even kernel": lambda: Residual(nn.Conv2d(16, 16, 2, padding=1, dilation=2)),
}


def exported(inner: Callable[[], nn.Module]) -> onnx.ModelProto:
    torch.manual_seed(0)
    file = io.BytesIO()
    network = nn.Sequential(conv(3, 16), nn.ReLU(), inner()).eval()
    torch.onnx.export(network, (torch.rand(1, 3, SIDE, SIDE),), file, opset_version=17)
    return onnx.load_model_from_string(file.getvalue())


@pytest.mark.parametrize("name", [*ALONE, *TAKEN, *MERGED])
def test_the_module_gives_onnxruntimes_numbers(name: str) -> None:
    model = exported({**ALONE, **TAKEN, **MERGED}[name])
    image = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (expected,) = session.run(None, {session.get_inputs()[0].name: image})
    with torch.no_grad():
        got = to_module(load(model, name))(torch.from_numpy(image)).numpy()
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", [*ALONE, *TAKEN])
def test_a_batch_norm_that_nothing_takes_in_is_a_depthwise_convolution(name: str) -> None:
    graph = load(exported({**ALONE, **TAKEN}[name]), name)
    depthwise = [n for n in lower(graph).nodes if n.op == "Conv" and n.name.endswith("BatchNormalization")]
    assert len(depthwise) == int(name in ALONE)


@pytest.mark.parametrize("name", ALONE)
def test_none_of_these_reaches_mct_as_a_batch_norm(name: str) -> None:
    module = to_module(load(exported(ALONE[name]), name))
    assert [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)] == []


def test_the_layers_built_are_the_device_graphs() -> None:
    """A node that computes nothing keeps no BatchNorm from its convolution."""
    body = """g (float[1,3,16,16] x) => (float[1,8,16,16] y) {
        a = Conv (x, w) b = Dropout (a) c = Identity (b) d = BatchNormalization (c, s, s, s, v) y = Relu (d) }"""
    graph = load(weighted(body, w=(8, 3, 1, 1), s=(8,), v=(8,)), "dropout")
    assert [n.op for n in lower(graph).nodes] == ["Conv"]
    layers = [type(layer) for layer in to_module(graph).children()]
    assert layers == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]


def test_a_sum_with_an_even_kernels_result_stays_in_the_device_graph() -> None:
    graph = load(exported(MERGED["a residual of an even kernel"]), "even")
    assert [n.op for n in lower(graph).nodes] == ["Conv", "Conv", "Add"]


@pytest.mark.toolchain
@pytest.mark.parametrize("forms", [ALONE, MERGED], ids=["alone", "merged"])
def test_each_is_quantized_and_reported_by_the_converter(
    forms: dict[str, Callable[[], nn.Module]], tmp_path: Path
) -> None:
    """In one network with an output for each: MCT merges none of them itself, and the converter misses no quantizer."""

    class Each(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.branches = nn.ModuleList(form() for form in forms.values())

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return tuple(branch(x) for branch in self.branches)

    model, log = exported(Each), tmp_path / "log"
    pixels = np.random.default_rng(0).random((2, 3, SIDE, SIDE), dtype=np.float32)
    images = CalibrationSet(pixels, "")
    quantized = quantize(to_module(load(model, "each")), images, load_target(), 0, log, 1)
    export_int8(quantized, images, tmp_path / "int8.onnx", load_target(), 0, log)
    answer = convert(tmp_path / "int8.onnx", tmp_path / "out", log, input_persistency=False, report_only=True)
    assert answer.complaint is None and answer.memory is not None
    predicted = sensorfit.check(model).memory
    assert predicted is not None and predicted.weights_bytes == answer.memory.weights_bytes
