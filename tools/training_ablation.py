"""What a teacher and PicoSAM3's additions bring, in runs that two cores finish.

    sensorfit data material material
    sensorfit data demo demo-data --material material --train 0 --val 60 --test 250
    python -m tools.training_ablation material demo-data [--steps 150] [--runs DIR] [--limit N] [--write]

Each row is trained from random weights on the same composed crops in the same order, by the options with which the
shipped weights were trained, but for the steps; the teacher is PicoSAM3 with the shipped weights, run along. Measured
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
VALIDATED = 256
"""Crops that a run validates on; the table does not use them."""


class Variant(NamedTuple):
    """One network, with or without a teacher."""

    name: str
    network: str
    taught: bool


VARIANTS = (
    Variant("PicoSAM3", "picosam3", False),
    Variant("PicoSAM3, with a teacher", "picosam3", True),
    Variant("PicoSAM2", "picosam2", False),
    Variant("PicoSAM2, with a teacher", "picosam2", True),
)


def teacher() -> str:
    """The shipped weights of PicoSAM3."""
    entry = find("picosam3")
    assert entry is not None and entry.weights is not None
    return str(entry.weights)


def settings(variant: Variant, steps: int) -> Settings:
    """A short run as models/weights/README.md describes the long one."""
    return Settings(
        variant.network, batch=32, steps=steps, lr=2e-3, schedule="onecycle", ema=0.99, clip=1.0, flip=0.5,
        colour=0.8, jitter=0.06, weight_decay=0.05, teacher=teacher() if variant.taught else "",
    )  # fmt: skip


def trained(variant: Variant, material: Path, steps: int, runs: Path) -> Path:
    """The checkpoint of ``variant``, trained where it is not there yet."""
    folder = runs / f"{variant.network}-{'taught' if variant.taught else 'alone'}-{steps}"
    weights = folder / "model.pt"
    if not weights.exists():
        chosen = settings(variant, steps)
        source = open_source(material, None, chosen, None, VALIDATED)
        run = Run(folder, save_every=25, validate_every=steps, log_every=10, resume=True)
        train(chosen, run, source, lambda line: print(f"{variant.name}: {line}", flush=True))
    return weights


def table(material: Path, data: Path, steps: int, runs: Path, limit: int | None) -> str:
    """All rows; differences are to the first."""
    checkpoints = [(v.name, trained(v, material, steps, runs)) for v in VARIANTS]
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
    return "\n".join(
        [*rows, "", f"{32 * steps:,} crops each; {len(prepared.crops)} crops of the test split."]
    )


def main() -> None:
    """Print the table, or write it into docs/picosam.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("material", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, default=150, help="steps of 32 crops")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    PLACE.show(table(given.material, given.data, given.steps, given.runs, given.limit), given.write)


if __name__ == "__main__":
    main()
