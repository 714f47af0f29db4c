"""What quantization's choices cost PicoSAM3, with the weights that ship.

    sensorfit data demo demo-data --material material --train 0 --val 60 --test 250
    python -m tools.ptq_ablation demo-data [--limit N] [--write]

Each row is MCT's INT8 graph, calibrated on crops of the validation split (other objects and grounds) and measured on
the test's, beside the float network on the same crops; the interval is of the paired bootstrap. The converter is not
asked: it takes these graphs as they are.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sensorfit.quantize.bridge import source
from sensorfit.quantize.calibration import CalibrationSet, calibration_set
from sensorfit.quantize.options import Quantization
from sensorfit.quantize.preprocessing import normalised
from sensorfit.quantize.ptq import export_int8, quantize
from sensorfit.target import load_target
from sensorfit.vision.coco import read_instances
from sensorfit.vision.evaluate import Prepared, evaluate, prepare
from sensorfit.vision.predict import predictor
from tools.docs_table import DOCS, Place

MODEL = "picosam3"
PLACE = Place(
    DOCS / "picosam.md", "<!-- ptq: python -m tools.ptq_ablation demo-data --write -->", "<!-- /ptq -->"
)
SENSOR = 256 / 255
"""By this the sensor's pixel values, p / 256, are below p / 255."""


@dataclass(frozen=True)
class Variant:
    """One way to quantize."""

    name: str
    crops: int = 128
    """Calibration crops; 0 for the 16 synthetic images of a build without --calib."""
    options: Quantization = field(default_factory=Quantization)
    normalise: bool = True
    """In the graph, or before it."""
    pixels: float = 1.0
    """What the evaluated pixels, in [0, 1], are divided by."""


VARIANTS = (
    Variant("128 crops"),
    Variant("10 crops, as the papers", crops=10),
    Variant("16 synthetic images", crops=0),
    Variant("pixels p / 256, as the sensor gives them", pixels=SENSOR),
    Variant("normalisation before the graph, not in it", normalise=False),
    Variant("no bias correction", options=Quantization(bias_correction=False)),
    Variant("shift-negative correction", options=Quantization(shift_negative=True)),
    Variant("z-threshold 8", options=Quantization(z_threshold=8.0)),
    Variant("gradient-based rounding, 2 epochs", options=Quantization(gptq=2)),
)


def calibration(data: Path, crops: int, seed: int = 0) -> CalibrationSet:
    """Crops of the validation split, or synthetic images."""
    network = source(MODEL, None, None, seed)
    if not crops:
        return calibration_set(network.shape, None, None, 128, seed, 16)
    return calibration_set(network.shape, data / "images", data / "val.json", crops, seed, 16)


def quantized(variant: Variant, data: Path, path: Path, seed: int = 0) -> Path:
    """Write the INT8 graph."""
    network = source(MODEL, None, None, seed)
    images = calibration(data, variant.crops, seed)
    module = network.module
    middle, spread = (network.mean, network.std) if variant.normalise else ((), ())
    if not variant.normalise:
        shape = (1, 3, 1, 1)
        mean, std = (np.float32(v).reshape(shape) for v in (network.mean, network.std))
        images = replace(images, images=(images.images - mean) / std)
    made = quantize(
        normalised(module, middle, spread, network.shape[0]), images, load_target("imx500"), seed,
        path.with_suffix(".log"), network.batch, variant.options,
    )  # fmt: skip
    export_int8(made, images, path, load_target("imx500"), seed, path.with_suffix(".log"))
    return path


def measured(variant: Variant, data: Path, prepared: Prepared, folder: Path) -> str:
    """A row: mIoU in the crop and what is lost, in points."""
    path = quantized(variant, data, folder / "int8.onnx")
    network = source(MODEL, None, None, 0)
    mean, std = (network.mean, network.std) if not variant.normalise else ((), ())
    if variant.pixels != 1:
        mean, std = (0.0, 0.0, 0.0), (variant.pixels,) * 3
    models = [(MODEL, predictor(MODEL)), ("INT8", predictor(str(path), mean, std))]
    one = evaluate(models, prepared)[1]
    lost = one.figures["difference"]
    cells = (f"{100 * lost[key]:+.2f}" for key in ("mean", "low", "high"))
    return f"| {variant.name} | {100 * one.figures['miou_crop']:.2f} | {'{} ({} to {})'.format(*cells)} |"


def table(data: Path, limit: int | None) -> str:
    """All rows."""
    found = read_instances(data / "test.json", data / "images")
    prepared = prepare(found, limit, 0)
    exact = evaluate([(MODEL, predictor(MODEL))], prepared)[0].figures["miou_crop"]
    rows = [
        "| quantized with | mIoU crop, % | beside float, points |",
        "|---|---:|---:|",
        f"| float | {100 * exact:.2f} | |",
    ]
    for variant in VARIANTS:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(variant, data, prepared, Path(folder)))
        print(rows[-1], flush=True)
    return "\n".join([*rows, "", f"{len(prepared.crops)} crops of the test split."])


def main() -> None:
    """Print the table, or write it into docs/picosam.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    PLACE.show(table(given.data, given.limit), given.write)


if __name__ == "__main__":
    main()
