"""``sensorfit data``."""

from __future__ import annotations

from pathlib import Path

import click

from .waiting import waiting

PATH = click.Path(path_type=Path)


@click.group(name="data")
def command() -> None:
    """Make data to train on."""


# fmt: off
@command.command(name="material")
@click.argument("directory", type=PATH, metavar="DIR")
@click.option("--cache", type=PATH, default=Path("~/.cache/sensorfit/debian"), show_default=True, metavar="DIR", help="Where packages are downloaded and unpacked.")
def material(directory: Path, cache: Path) -> None:
    """Fetch the Debian packages that demo scenes are made of, and keep their cut-outs and grounds down-sized.

    About 30 MB in DIR, 600 MB in the cache. Nothing is installed.
    """
    from collections import Counter

    from ..vision.material import make_material
    from ..vision.needs import DATA, need_extra

    need_extra(DATA, "composing scenes")
    with waiting("data material", str(directory)):
        made = make_material(directory, cache.expanduser())
    counted = Counter((p.split, p.kind) for p in made)
    for (split, kind), number in sorted(counted.items()):
        click.echo(f"{split:6} {kind:8} {number:6,}")


# fmt: off
@command.command(name="demo")
@click.argument("directory", type=PATH, metavar="DIR")
@click.option("--material", "pieces", type=PATH, metavar="DIR", help="Made by `data material`.  [default: made in DIR/material]")
@click.option("--cache", type=PATH, default=Path("~/.cache/sensorfit/debian"), show_default=True, metavar="DIR", help="Where packages are downloaded and unpacked.")
@click.option("--train", type=click.IntRange(0), default=2000, show_default=True, metavar="SCENES", help="Scenes to train on.")
@click.option("--val", type=click.IntRange(0), default=100, show_default=True, metavar="SCENES", help="Scenes to validate on.")
@click.option("--test", type=click.IntRange(0), default=300, show_default=True, metavar="SCENES", help="Scenes to test on.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, metavar="N", help="Processes.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the scenes.")
def demo(directory: Path, pieces: Path | None, cache: Path, train: int, val: int, test: int, workers: int, seed: int) -> None:
    """Compose scenes in COCO format, split by object and by ground: DIR/images, DIR/train.json, val.json, test.json."""
    from ..vision.demo import make_demo
    from ..vision.material import is_material, make_material
    from ..vision.needs import DATA, need_extra

    need_extra(DATA, "composing scenes")
    place = pieces or directory / "material"
    if pieces is None and not is_material(place):
        with waiting("data material", str(place)):
            make_material(place, cache.expanduser())
    wanted = {"train": train, "val": val, "test": test}
    count = sum(wanted.values())
    with waiting("data demo", str(directory), count, key=f"{count} {workers}") as clock:
        made = make_demo(directory, place, wanted, workers, seed, clock.advance)
    for split, (scenes, instances) in made.items():
        click.echo(f"{split:6} {scenes:6,} scenes {instances:7,} instances")
