"""Networks of Raspberry Pi's IMX500 zoo whose frame rate bounds their latency, rebuilt from public packages.

    python -m sensorfit.models.measured_zoo        needs torch and timm (extra `reference`)

Architectures with random weights, exported at opset 17 and stripped. The zoo
ships compiled files only, so a rebuild is the architecture of that name, not a
copy: ``rules/imx500/measurements.toml`` says what is assumed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import onnx

from ..graph.strip import strip_weights
from .measured import DIRECTORY
from .shrink import shrink

STEERING = 16
"""Floating-point constants of at most this many elements keep their data: scales and epsilons."""


def mobilevit(variant: str) -> tuple[Any, tuple[int, int]]:
    """MobileViT-XS / -XXS at 256x256, with classifier (timm)."""
    import timm

    timm.layers.set_fused_attn(False)
    return timm.create_model(f"mobilevit_{variant}", pretrained=False), (256, 256)


BUILDERS: dict[str, Callable[[], tuple[Any, tuple[int, int]]]] = {
    "mobilevit_xs": lambda: mobilevit("xs"),
    "mobilevit_xxs": lambda: mobilevit("xxs"),
}


def weightless(module: Any, size: tuple[int, int]) -> onnx.ModelProto:
    """The weightless graph of ``module`` for one RGB image of ``size`` (height, width)."""
    import torch

    from .export_reference import export
    from .sam import Export

    model = export(Export(module.eval(), (torch.zeros(1, 3, *size),), ("input",), ()))
    learned = frozenset(t.name for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT)
    return strip_weights(shrink(model, learned), keep=STEERING)


def main() -> None:
    """Write every graph to ``DIRECTORY``."""
    for name, build in BUILDERS.items():
        onnx.save(weightless(*build()), DIRECTORY / f"{name}.onnx")


if __name__ == "__main__":
    main()
