"""PicoSAM2 and PicoSAM3: the published figures, the published keys, the committed graphs."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch

from sensorfit.models.export import weightless
from sensorfit.models.picosam2 import PicoSAM2
from sensorfit.models.picosam3 import PicoSAM3
from sensorfit.models.registry import find

pytestmark = pytest.mark.heavy

PARAMETERS = {PicoSAM2: 1_262_818, PicoSAM3: 1_371_418}
CONV_MACS = {PicoSAM2: 323_053_056, PicoSAM3: 330_162_496}

# A stage as the authors' checkpoints name it: depthwise 0, BN 1, pointwise 3, BN 4.
STAGE = {f"{i}.weight" for i in (0, 1, 3, 4)} | {
    f"{i}.{k}" for i in (1, 4) for k in ("bias", "running_mean", "running_var", "num_batches_tracked")
}
NORM = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}


def common_keys() -> set[str]:
    keys = {f"encoder_stage{i}.{k}" for i in range(1, 5) for k in STAGE}
    keys |= {f"down{i}.weight" for i in range(1, 5)}
    keys |= {f"up{i}.1.{k}" for i in range(1, 5) for k in STAGE}
    return keys | {f"skip_conv{i}.{k}" for i in range(1, 5) for k in ("weight", "bias")}


@pytest.mark.parametrize("model", [PicoSAM2, PicoSAM3])
def test_the_parameters_are_the_published_ones(model: type[PicoSAM2]) -> None:
    assert sum(p.numel() for p in model().parameters()) == PARAMETERS[model]


@pytest.mark.parametrize("model", [PicoSAM2, PicoSAM3])
def test_the_convolution_macs_at_96_are_the_published_ones(model: type[PicoSAM2]) -> None:
    network, macs = model().eval(), 0

    def count(layer: torch.nn.Conv2d, inputs: object, output: torch.Tensor) -> None:
        nonlocal macs
        macs += output.numel() * layer.weight[0].numel()

    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.no_grad():
        mask = network(torch.zeros(1, 3, 96, 96))
    assert mask.shape == (1, 1, 96, 96)
    assert macs == CONV_MACS[model]


def test_picosam2_has_the_published_checkpoint_keys() -> None:
    wanted = common_keys() | {f"bottleneck.{k}" for k in STAGE} | {"output_head.weight", "output_head.bias"}
    assert set(PicoSAM2().state_dict()) == wanted


def test_picosam3_has_the_published_checkpoint_keys() -> None:
    wanted = common_keys() | {f"bottleneck.0.{k}" for k in STAGE}
    wanted |= {"bottleneck.1.weight", "bottleneck.4.weight"} | {
        f"bottleneck.{i}.{k}" for i in (2, 5) for k in NORM
    }
    wanted |= {"eca.conv1x1.weight", "refine.0.weight", "refine.3.weight", "refine.3.bias"}
    wanted |= {f"refine.1.{k}" for k in NORM}
    assert set(PicoSAM3().state_dict()) == wanted


def test_the_bottleneck_of_picosam3_is_dilated_and_depthwise() -> None:
    layer = PicoSAM3().bottleneck[1]
    assert isinstance(layer, torch.nn.Conv2d)
    assert (layer.dilation, layer.padding, layer.groups) == ((2, 2), (2, 2), 320)


@pytest.mark.parametrize("name", ["picosam2", "picosam3"])
def test_the_committed_weightless_graph_is_what_the_module_exports(name: str) -> None:
    entry = find(name)
    assert entry is not None
    committed, fresh = onnx.load(str(entry.graph)), weightless(entry)
    assert fresh.graph == committed.graph


@pytest.mark.parametrize("name", ["picosam2", "picosam3"])
def test_a_weightless_graph_is_small_and_has_no_weights(name: str) -> None:
    entry = find(name)
    assert entry is not None
    graph = onnx.load(str(entry.graph)).graph
    large = [t for t in graph.initializer if len(t.dims) == 4 and t.dims[0] > 16]
    assert large and not any(t.raw_data or t.float_data for t in large)
    assert Path(entry.graph).stat().st_size < 50_000
