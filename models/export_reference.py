"""Write the weightless graphs of the SAM family.

    python -m sensorfit.models.export_reference [FILE...] [-o DIR]

Reads ``reference.toml``, builds each module with random weights, exports it at
opset 17 with static shapes, folds the shape arithmetic, strips the weights.
Needs the extra ``reference``. SAM ViT-H takes 12 GB and some minutes, all
others at most 3 GB.
"""

from __future__ import annotations

import argparse
import io
import warnings
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import onnx
import torch

from ..graph.strip import strip_weights
from ..toml import tomllib
from .sam import BUILDERS, Export
from .shrink import declare_weights, describe, shrink

OPSET = 17
STEERING = 16
"""Floating-point constants of at most this many elements keep their data: scales, epsilons, divisors."""
SOURCES = {
    "tinyvit": ("timm", "segment-anything"),
    "repvit": ("timm", "segment-anything"),
    "repvit_fused": ("timm", "segment-anything"),
    "plain_vit": ("timm", "segment-anything"),
    "decoder": ("segment-anything",),
    "sam_vit": ("segment-anything",),
    "slim_sam": ("transformers",),
    "hiera": ("transformers",),
}
"""The distributions each builder takes its parts from."""


def recipes() -> dict[str, dict[str, Any]]:
    """The rows of ``reference.toml`` by file name."""
    return tomllib.loads((files(__package__) / "reference.toml").read_text(encoding="utf-8"))


def build(recipe: dict[str, Any]) -> Export:
    """The module a recipe describes, with random weights."""
    arguments = {
        k: tuple(v) if k == "global_attention" else v for k, v in recipe.get("arguments", {}).items()
    }
    torch.manual_seed(0)
    return BUILDERS[recipe["builder"]](recipe["size"], **arguments)


def export(built: Export, weights: bool = True, opset: int = OPSET) -> onnx.ModelProto:
    """The ONNX graph as torch writes it. ``weights`` False leaves them out: initializers with dims only."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of every shape it takes as constant: they are
        torch.onnx.export(
            built.module,
            built.inputs,
            buffer,
            opset_version=opset,
            input_names=list(built.input_names),
            output_names=list(built.output_names),
            export_params=weights,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    return model if weights else declare_weights(model, built.input_names)


def reduced(built: Export, weights: bool = True, opset: int = OPSET) -> onnx.ModelProto:
    """``export`` with the shape arithmetic folded; weights still there."""
    model = export(built, weights, opset)
    buffers = {name for name, _ in built.module.named_buffers()}
    learned = frozenset(t.name for t in model.graph.initializer if t.name not in buffers)
    return shrink(model, learned)


def weightless(file: str) -> onnx.ModelProto:
    """The graph that ships as ``models/graphs/<file>.onnx``."""
    recipe = recipes()[file]
    built = build(recipe)
    model = strip_weights(reduced(built, recipe.get("weights", True)), keep=STEERING)
    model.graph.name = file
    sources = ", ".join(f"{name} {version(name)}" for name in SOURCES[recipe["builder"]])
    parameters = sum(p.numel() for p in built.module.parameters())
    return describe(model, parameters=str(parameters), source=sources)


def main(argv: list[str] | None = None) -> None:
    """Command line: write the named graphs, or all."""
    known = recipes()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="*", help=f"one of {', '.join(known)}; all when none is named")
    parser.add_argument("-o", "--output", type=Path, default=Path(str(files(__package__))) / "graphs")
    given = parser.parse_args(argv)
    unknown = [name for name in given.file if name not in known]
    if unknown:
        parser.error(f"no recipe for {', '.join(unknown)}: choose from {', '.join(known)}")
    given.output.mkdir(parents=True, exist_ok=True)
    for name in given.file or known:
        path = given.output / f"{name}.onnx"
        path.write_bytes(weightless(name).SerializeToString(deterministic=True))
        print(f"{path} ({path.stat().st_size:,} B)", flush=True)


if __name__ == "__main__":
    main()
