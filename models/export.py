"""Torch modules to ONNX, and the weightless graphs of the built-in models.

    python -m sensorfit.models.export [NAME...]     writes models/graphs/NAME.onnx

BatchNormalization stays a node of its own, so that the file counts the
parameters the papers count; lowering folds it.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Sequence

import onnx
import torch
from torch import nn

from ..graph.strip import strip_weights
from .registry import Entry, find, names

OPSET = 17
INPUT, OUTPUT = "input", "output"
SEED = 0
STEERING = 16
"""Constants of at most this many elements keep their data: the scales of Resize."""


def export_float(module: nn.Module, input_shape: Sequence[int]) -> onnx.ModelProto:
    """The ONNX graph of ``module`` for one image of ``input_shape`` (C, H, W); batch 1, opset 17."""
    module.eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns that eval-mode BatchNormalization is not folded
        torch.onnx.export(
            module,
            (torch.zeros(1, *input_shape),),
            buffer,  # type: ignore[arg-type]  # a file object is taken too
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=True,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    for node in model.graph.node:
        node.ClearField("doc_string")
    return model


def randomise(module: nn.Module, seed: int = SEED) -> nn.Module:
    """Fill every BatchNorm parameter and statistic with distinct values, in place.

    The exporter merges equal initializers; at their defaults the BatchNorms
    of a fresh module would share one tensor and the file lose parameters.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                assert tensor is not None
                tensor.data.uniform_(0.5, 1.5, generator=generator)
    return module


def weightless(entry: Entry) -> onnx.ModelProto:
    """The weightless graph of a buildable built-in model."""
    torch.manual_seed(SEED)
    module = entry.definition()()
    model = export_float(randomise(module), entry.input_shape)
    model.graph.name = entry.name
    return strip_weights(model, keep=STEERING)


def main(argv: Sequence[str]) -> None:
    """Write the weightless graphs of ``argv``, or of every model that has a torch definition here."""
    for name in argv or [n for n in names() if (e := find(n)) and e.buildable]:
        entry = find(name)
        if entry is None or not entry.buildable:
            sys.exit(f"{name}: no built-in model with a torch definition (there are {', '.join(names())})")
        entry.graph.parent.mkdir(exist_ok=True)
        onnx.save(weightless(entry), str(entry.graph))
        print(f"{entry.graph} ({entry.graph.stat().st_size:,} B)")


if __name__ == "__main__":
    main(sys.argv[1:])
