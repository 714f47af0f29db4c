"""What a teacher and PicoSAM3's additions bring, in runs that two cores finish.

    sensorfit data material material
    sensorfit data demo demo-data --material material --train 0 --val 60 --test 250
    python -m tools.training_ablation material demo-data [--larger | --whole] [--steps 150] [--runs DIR] [--limit N] [--write]

Each row is trained from random weights on the same composed crops in the same order, by the options with which the
shipped weights were trained, but for the steps; the teacher is PicoSAM3 with the shipped weights, run along. With
``--larger`` it is a U-Net of 8 million parameters that knows no other pictures, trained first. ``--whole`` trains
PicoSAM2 with and without a ROI, and measures in the image. Measured
on the test split's objects and grounds; the intervals are of the paired bootstrap. A run that is there is not
repeated, and one that was killed goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from sensorfit.models.registry import find
from sensorfit.vision.coco import read_instances
from sensorfit.vision.data import open_source
from sensorfit.vision.evaluate import evaluate, prepare
from sensorfit.vision.predict import predictor
from sensorfit.vision.recipe import Settings
from sensorfit.vision.train import Run, train
from tools.docs_table import DOCS, Place

PLACE = Place(
    DOCS / "picosam.md",
    "<!-- training: python -m tools.training_ablation material demo-data --write -->",
    "<!-- /training -->",
)
LARGER = Place(
    DOCS / "picosam.md",
    "<!-- larger: python -m tools.training_ablation material demo-data --larger --write -->",
    "<!-- /larger -->",
)
VALIDATED = 256
"""Crops that a run validates on; the table does not use them."""


WHOLE = Place(
    DOCS / "picosam.md",
    "<!-- whole: python -m tools.training_ablation material demo-data --whole --write -->",
    "<!-- /whole -->",
)
TEACHER_STEPS = 400
"""Of the larger U-Net: steps of 32 crops."""


class Variant(NamedTuple):
    """One network, with or without a teacher."""

    name: str
    network: str
    teacher: str = ""
    """The weights that are run along; "" for none."""
    crop: str = "picosam"


def variants(runs: Path, larger: bool) -> tuple[Variant, ...]:
    """The rows; the first is what the others are measured beside."""
    if larger:
        unet = str(runs / f"unet-teacher-small-{TEACHER_STEPS}" / "model.pt")
        return (
            Variant("PicoSAM3", "picosam3"),
            Variant("the U-Net", "unet-teacher-small"),
            Variant("PicoSAM3, with the U-Net as teacher", "picosam3", unet),
        )
    shipped = shipped_weights()
    return (
        Variant("PicoSAM3", "picosam3"),
        Variant("PicoSAM3, with a teacher", "picosam3", shipped),
        Variant("PicoSAM2", "picosam2"),
        Variant("PicoSAM2, with a teacher", "picosam2", shipped),
    )


def shipped_weights() -> str:
    """The file of PicoSAM3's weights that ships."""
    entry = find("picosam3")
    assert entry is not None and entry.weights is not None
    return str(entry.weights)


def settings(variant: Variant, steps: int) -> Settings:
    """A short run as models/weights/README.md describes the long one."""
    return Settings(
        variant.network, batch=32, steps=steps, lr=2e-3, schedule="onecycle", ema=0.99, clip=1.0, flip=0.5,
        colour=0.8, jitter=0.06, weight_decay=0.05, teacher=variant.teacher, protocol=variant.crop,
    )  # fmt: skip


def trained(variant: Variant, material: Path, steps: int, runs: Path) -> Path:
    """The checkpoint of ``variant``, trained where it is not there yet."""
    if variant.network == "unet-teacher-small":
        steps = TEACHER_STEPS
    of = (
        f"-{variant.crop}"
        if variant.crop != "picosam"
        else ""
        if not variant.teacher
        else "-shipped"
        if variant.teacher == shipped_weights()
        else "-unet"
    )
    folder = runs / f"{variant.network}{of}-{steps}"
    weights = folder / "model.pt"
    if not weights.exists():
        chosen = settings(variant, steps)
        source = open_source(material, None, chosen, None, VALIDATED)
        run = Run(folder, save_every=25, validate_every=steps, log_every=10, resume=True)
        train(chosen, run, source, lambda line: print(f"{variant.name}: {line}", flush=True))
    return weights


def table(material: Path, data: Path, steps: int, runs: Path, limit: int | None, larger: bool) -> str:
    """All rows; differences are to the first."""
    checkpoints = [(v.name, trained(v, material, steps, runs)) for v in variants(runs, larger)]
    prepared = prepare(read_instances(data / "test.json", data / "images"), limit, 0)
    models = [(name, predictor(str(path))) for name, path in checkpoints]
    rows = ["| trained | mIoU crop, % | beside the first, points |", "|---|---:|---:|"]
    for scored in evaluate(models, prepared):
        lost = scored.figures.get("difference")
        beside = (
            f"{100 * lost['mean']:+.2f} ({100 * lost['low']:+.2f} to {100 * lost['high']:+.2f})"
            if lost
            else ""
        )
        rows.append(f"| {scored.name} | {100 * scored.figures['miou_crop']:.2f} | {beside} |")
    beside = f" ({32 * TEACHER_STEPS:,} the U-Net)" if larger else ""
    return "\n".join(
        [*rows, "", f"{32 * steps:,} crops each{beside}; {len(prepared.crops)} crops of the test split."]
    )


def whole_table(material: Path, data: Path, steps: int, runs: Path, limit: int | None) -> str:
    """PicoSAM2 on crops and on whole images, each measured where it was asked and in the image."""
    rows = ["| trained and asked on | mIoU in the image, % |", "|---|---:|"]
    found = read_instances(data / "test.json", data / "images")
    for name, crop in (("the crop about the box", "picosam"), ("the whole image", "whole")):
        weights = trained(Variant(f"PicoSAM2, {name}", "picosam2", crop=crop), material, steps, runs)
        prepared = prepare(found, limit, 0, crop)
        (scored,) = evaluate([(name, predictor(str(weights)))], prepared, "image", ())
        rows.append(f"| {name} | {100 * scored.figures['miou_image']:.2f} |")
    return "\n".join(
        [*rows, "", f"{32 * steps:,} crops each; {len(prepared.crops)} objects of the test split."]
    )


def main() -> None:
    """Print the table, or write it into docs/picosam.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("material", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--larger", action="store_true", help="a larger U-Net as the teacher")
    parser.add_argument("--whole", action="store_true", help="PicoSAM2 with and without a ROI")
    parser.add_argument("--steps", type=int, default=150, help="steps of 32 crops")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    where = (given.material, given.data, given.steps, given.runs, given.limit)
    if given.whole:
        WHOLE.show(whole_table(*where), given.write)
        return
    (LARGER if given.larger else PLACE).show(table(*where, given.larger), given.write)


if __name__ == "__main__":
    main()
