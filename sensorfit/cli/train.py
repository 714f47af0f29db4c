"""``sensorfit train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import complete

PATH = click.Path(path_type=Path)


# fmt: off
@click.command(name="train")
@click.argument("network", metavar="picosam3|picosam2|unet-teacher|unet-teacher-small", shell_complete=complete.network)
@click.option("--data", type=PATH, required=True, metavar="ANN|DIR", help="COCO or LVIS JSON, a folder of `data demo`, or material to compose from.")
@click.option("--images", type=PATH, metavar="DIR", help="Folder of the images.  [default: images beside ANN]")
@click.option("--teacher", type=PATH, metavar="CACHE|FILE.pt", help="A cache of `teach`, or a checkpoint that is run along.  [default: none, the annotations alone]")
@click.option("--weights", type=PATH, metavar="FILE.pt", help="A checkpoint to begin with, for fine-tuning.  [default: random, from --seed]")
@click.option("-o", "--output", "directory", type=PATH, metavar="DIR", help="Folder of the run.  [default: runs/NETWORK]")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True, metavar="N", help="Crops per step, over all processes.")
@click.option("--epochs", type=float, default=1.0, show_default=True, metavar="N", help="Passes over the annotations.")
@click.option("--steps", type=click.IntRange(1), metavar="N", help="How many steps, instead of --epochs.")
@click.option("--minutes", type=float, default=0.0, metavar="M", help="Stop after M minutes: the schedule is fitted to them, and a second run gives other bits.")
@click.option("--lr", type=float, default=3e-4, show_default=True, help="Highest learning rate.")
@click.option("--weight-decay", type=float, default=0.01, show_default=True, help="AdamW's weight decay.")
@click.option("--schedule", type=click.Choice(["warmup", "onecycle"]), default="warmup", show_default=True, help="How the learning rate changes.")
@click.option("--warmup", type=int, default=1000, show_default=True, metavar="STEPS", help="Steps of rising learning rate, of the schedule warmup.")
@click.option("--ema", type=click.FloatRange(0, 1, max_open=True), default=0.0, show_default=True, metavar="DECAY", help="Keep averaged weights.")
@click.option("--clip", type=float, default=0.0, show_default=True, metavar="NORM", help="Clip the gradient to this norm.")
@click.option("--flip", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Share of crops mirrored.")
@click.option("--colour", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Strength of colour changes.")
@click.option("--jitter", type=click.FloatRange(0, 0.4), default=0.0, show_default=True, help="How far the box's sides move, as a share of its length.")
@click.option("--held-out", type=click.FloatRange(0, 0.9), default=0.05, show_default=True, help="Share of the annotations to validate on.")
@click.option("--protocol", type=click.Choice(["picosam", "sensor", "whole"]), default="picosam", show_default=True, help="How crops are cut; whole: not at all.")
@click.option("--precision", type=click.Choice(["no", "bf16", "fp16"]), default="no", show_default=True, help="Mixed precision; no: float32. bf16 is faster on processors with avx512_bf16, too.")
@click.option("--workers", type=click.IntRange(0), default=2, show_default=True, metavar="N", help="Processes that read images.")
@click.option("--validate-every", type=click.IntRange(1), default=1000, show_default=True, metavar="STEPS", help="How often to validate.")
@click.option("--save-every", type=click.IntRange(1), default=1000, show_default=True, metavar="STEPS", help="How often to save a checkpoint.")
@click.option("--log-every", type=click.IntRange(1), default=50, show_default=True, metavar="STEPS", help="How often to print the loss.")
@click.option("--validated", type=click.IntRange(1), default=1024, show_default=True, metavar="N", help="Validate on at most N crops.")
@click.option("--resume", is_flag=True, help="Continue the run in that folder.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the weights and the order of crops.")
def command(network: str, data: Path, images: Path | None, teacher: Path | None, weights: Path | None, directory: Path | None, validated: int, **options: Any) -> None:
    """Train a network on crops of annotated images; without further options by the papers' recipe.

    \b
    Examples:
      sensorfit train picosam3 --data instances_train2017.json --images train2017 --teacher cache
      sensorfit train picosam3 --data demo-data --epochs 20 --flip 0.5 --colour 1 --schedule onecycle --lr 2e-3
      accelerate launch --multi_gpu -m sensorfit train picosam3 --data ... --precision bf16
    """
    from ..vision.needs import need_train_extra

    need_train_extra()
    from ..vision.data import open_source
    from ..vision.networks import NETWORKS
    from ..vision.networks import network as known
    from ..vision.recipe import Settings
    from ..vision.teacher import open_teacher
    from ..vision.train import Run, train

    name = network.lower()
    if name not in NETWORKS:
        known(name)  # says which there are
    keys = ("workers", "precision", "minutes", "save_every", "validate_every", "log_every", "resume")
    run = Run(directory or Path("runs") / name, **{k: options.pop(k) for k in keys})
    settings = Settings(name, teacher=str(teacher or ""), weights=str(weights or ""), **options)
    source = open_source(data, images, settings, open_teacher(teacher), validated)

    def say(line: str) -> None:
        click.echo(line, err=True)

    for note in source.notes:
        say(note)
    made = train(settings, run, source, say)
    click.echo("  ".join(f"{name} {value}" for name, value in made.items()))
    click.echo(f"weights: {run.directory / 'model.pt'}")
