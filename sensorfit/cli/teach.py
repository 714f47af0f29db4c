"""``sensorfit teach``."""

from __future__ import annotations

from pathlib import Path

import click

from . import complete

PATH = click.Path(path_type=Path)


# fmt: off
@click.command(name="teach")
@click.option("--teacher", required=True, metavar="NAME|DIR", shell_complete=complete.file, help="A SAM, SAM 2.1 or SAM3 on the hub (facebook/sam3, facebook/sam2.1-hiera-large, facebook/sam-vit-huge) or in a folder.")
@click.option("--data", type=PATH, required=True, metavar="ANN|DIR", help="COCO or LVIS JSON, or a folder of `data demo`.")
@click.option("--images", type=PATH, metavar="DIR", help="Folder of the images.  [default: images beside ANN]")
@click.option("-o", "--output", "cache", type=PATH, required=True, metavar="CACHE", help="Folder of the cache; what it holds already is not asked again.")
@click.option("--precision", type=click.Choice(["fp32", "bf16", "fp16"]), default="fp32", show_default=True, help="Numbers that the teacher computes in.")
@click.option("--shard", type=click.IntRange(1), default=1024, show_default=True, metavar="N", help="Annotations per file; a run that is killed loses at most one file's.")
def command(teacher: str, data: Path, images: Path | None, cache: Path, precision: str, shard: int) -> None:
    """Ask a teacher for the mask of every annotation, once, and keep its logits for `train --teacher`.

    Several GPUs or machines: accelerate launch -m sensorfit teach ..., the cache on a folder that they share.

    \b
    Examples:
      sensorfit teach --teacher facebook/sam3 --data instances_train2017.json --images train2017 -o cache
    """
    from ..vision.needs import DATA, TEACH, need_extra

    need_extra({**DATA, **TEACH}, "a teacher")
    import torch
    from accelerate import PartialState

    from ..vision.coco import read_instances, resolve
    from ..vision.sam import SamTeacher
    from ..vision.teach import teach

    state = PartialState()
    annotations, folder = resolve(data, images, "train")
    found = read_instances(annotations, folder)
    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    device = state.device if state.device.type in ("cuda", "cpu") else torch.device("cpu")
    asked = SamTeacher(teacher, str(device), kinds[precision])
    taught, skipped = teach(
        found, asked, cache, lambda line: click.echo(line, err=True), state.process_index, state.num_processes, shard
    )
    for line in found.summary():
        click.echo(line, err=True)
    click.echo(f"{taught:,} taught, {skipped:,} skipped (a ROI under 4 pixels); cache: {cache}")
