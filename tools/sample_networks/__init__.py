"""Small networks in the style of well-known families, untrained, for memory probes.

``build(name)`` gives a torch module; every one takes an image whose sides are
multiples of 32 and returns maps or logits without post-processing, as the
sensor would run them. None is a copy of a published definition: what counts is
the shapes and the wiring (splits, concatenations, pyramids, heads).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torchvision
from torch import Tensor, nn

from sensorfit.models.picosam2 import PicoSAM2
from sensorfit.models.picosam3 import PicoSAM3

from .attention import PsaNet, levit
from .blocks import Csp, Csp3, Mobile
from .detection import NanoDet, PoseNet, SsdLite, Yolo
from .encoder_decoder import Enet, Hourglass, LinkNet, MobileUNet, UNet
from .segmentation import BiSeNet, DeepLab, DualPath, EspNet, Psp, Pyramid


class Classifier(nn.Module):
    """A backbone's last map, pooled, to class scores."""

    def __init__(self, body: nn.Module, c: int, classes: int = 10) -> None:
        super().__init__()
        self.body, self.out = body, nn.Linear(c, classes)

    def forward(self, x: Tensor) -> Tensor:
        found = self.body(x)
        last = found[-1] if isinstance(found, list) else found
        return self.out(last.mean((2, 3)))


class OneConstant(nn.Module):
    """Two sums with the same constant, which has a value for every element."""

    def __init__(self, rows: int = 20, columns: int = 49) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 40, 3, padding=1), nn.Conv2d(40, 40, 3, padding=1)
        self.c = nn.Conv2d(40, 32, 1)
        self.register_buffer("bias", torch.rand(1, 40, rows, columns) - 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.c(self.b(self.a(x) + self.bias) + self.bias)


def floored(module: nn.Module) -> nn.Module:
    """``module`` with its pools rounding sizes down: the device takes no other."""
    for layer in module.modules():
        if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
            layer.ceil_mode = False
    return module


def published(name: str) -> nn.Module:
    """An untrained classifier of torchvision."""
    return floored(torchvision.models.get_model(name, weights=None))


SAMPLES: dict[str, Callable[[], nn.Module]] = {
    "yolo8n": lambda: Yolo((16, 32, 64, 128, 256), (1, 2, 2, 1), Csp, nn.SiLU),
    "yolo5n": lambda: Yolo((16, 32, 64, 128, 256), (1, 2, 3, 1), Csp3, nn.SiLU, box=16),
    "yolo_relu": lambda: Yolo((12, 24, 40, 72, 120), (1, 1, 2, 1), Csp, nn.ReLU, box=4, classes=3),
    "yolo_leaky": lambda: Yolo((8, 16, 32, 48, 80), (1, 1, 1, 1), Csp3, lambda: nn.LeakyReLU(0.1), box=5, classes=20),
    "ssdlite": SsdLite,
    "ssdlite_narrow": lambda: SsdLite((8, 16, 24, 48, 96), 48, 3, 4),
    "deeplab": DeepLab,
    "deeplab_image": lambda: DeepLab((16, 24, 40, 80, 112), 64, 16, 5, True),
    "nanodet": NanoDet,
    "unet_33": lambda: UNet((33, 48, 96, 160)),
    "unet_convt": lambda: UNet((16, 32, 64, 128, 256), "convt"),
    "unet_add": lambda: UNet((24, 40, 72, 136), "bilinear", "add", 1),
    "unet_near_add": lambda: UNet((12, 20, 36, 68, 100), "nearest", "add", 3, 5),
    "unet_thin": lambda: UNet((8, 8, 16, 16, 32, 32), "nearest", "cat", 1),
    "pyramid": lambda: Pyramid((16, 24, 40, 96, 120), 64, "sum"),
    "lraspp": lambda: Pyramid((16, 24, 48, 80, 160), 128, "lraspp"),
    "inverted_se": lambda: Classifier(Mobile((24, 33, 48, 96, 144), (2, 2, 2, 2), 3, True, nn.Hardswish), 144),
    "bisenet": BiSeNet,
    "espnet": EspNet,
    "hourglass": Hourglass,
    "mobile_unet": lambda: MobileUNet((16, 24, 32, 64, 96), (96, 64, 32, 16)),
    "linknet": LinkNet,
    "psp": Psp,
    "enet": Enet,
    "dual": DualPath,
    "posenet": PoseNet,
    "unet_7": lambda: UNet((7, 15, 31, 63), "bilinear", "cat", 7),
    "picosam2": PicoSAM2,
    "picosam3": PicoSAM3,
    "levit_128s": lambda: levit("levit_conv_128s"),
    "psa_160x192": lambda: PsaNet((16, 32, 64, 128), 10, 12),
    "one_constant_20x49": OneConstant,
    "squeezenet1_0": lambda: published("squeezenet1_0"),
    "inverted_silu": lambda: Classifier(Mobile((20, 28, 44, 92, 200), (1, 3, 2, 2), 4, False, nn.SiLU), 200, 100),
}  # fmt: skip


def build(name: str) -> nn.Module:
    """An untrained sample network, in inference mode."""
    return SAMPLES[name]().eval()
