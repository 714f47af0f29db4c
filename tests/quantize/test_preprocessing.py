"""Normalisation inside the graph equals the training's, borders included."""

from __future__ import annotations

import pytest
import torch

from sensorfit.errors import ConfigError
from sensorfit.models.picosam3 import PicoSAM3
from sensorfit.quantize.bridge import randomise
from sensorfit.quantize.preprocessing import normalised

pytestmark = pytest.mark.heavy

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def torch_normalised(image: torch.Tensor) -> torch.Tensor:
    """As a training does it. Imported here: torchvision takes seconds, which a collection would wait for."""
    from torchvision.transforms.functional import normalize

    return normalize(image, list(MEAN), list(STD))


@pytest.fixture(scope="module")
def network() -> PicoSAM3:
    network = PicoSAM3().eval()
    randomise(network, 0)
    return network


def test_it_equals_torch_preprocessing_to_float_accuracy(network: PicoSAM3) -> None:
    image = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = normalised(network, MEAN, STD, 3)(image)
        wanted = network(torch_normalised(image))
    assert torch.allclose(found, wanted, rtol=0, atol=1e-5 * float(wanted.abs().max()))


def test_folding_it_into_the_first_convolution_would_change_the_borders(network: PicoSAM3) -> None:
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    first = network.get_submodule("encoder_stage1.0")
    scale, shift = 1 / torch.tensor(STD), -torch.tensor(MEAN) / torch.tensor(STD)
    folded = torch.nn.functional.conv2d(
        image,
        first.weight * scale[:, None, None, None],
        first.weight.sum((1, 2, 3)) * shift,
        padding=1,
        groups=3,
    )
    with torch.no_grad():
        difference = (folded - first(torch_normalised(image))).abs()
    assert difference[..., 1:-1, 1:-1].max() < 1e-4
    assert difference[..., 0, :].max() > 0.1


def test_no_mean_leaves_the_network_as_it_is(network: PicoSAM3) -> None:
    assert normalised(network, (), (), 3) is network


@pytest.mark.parametrize(
    ("mean", "std"), [((0.5,), (0.5,)), ((0.5, 0.5, 0.5), (0.5, 0.0, 0.5)), ((0.5,) * 3, (0.5,) * 2)]
)
def test_a_wrong_count_or_std_is_refused(
    network: PicoSAM3, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    with pytest.raises(ConfigError, match=r"--std|--mean"):
        normalised(network, mean, std, 3)
