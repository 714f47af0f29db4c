"""``sensorfit segment``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from ..errors import InputError
from . import complete
from .options import channel_values
from .waiting import several, waiting

PATH = click.Path(path_type=Path)
LISTED = 6
"""Masks whose areas are printed one by one."""
Boxes = list[tuple[float, float, float, float]]


# fmt: off
@click.command(name="segment")
@click.argument("image", type=PATH, metavar="IMAGE|DIR")
@click.option("--roi", "rois", multiple=True, required=True, metavar="X,Y,W,H|FILE.json|-", shell_complete=complete.file, help="A box in pixels, repeatable; or JSON: a list of boxes, file names to lists, or COCO annotations; - reads it from standard input.")
@click.option("--model", default="picosam3", show_default=True, metavar="NAME|DIR|FILE", shell_complete=complete.model, help="A built-in model with weights, a build's folder, an ONNX file or a checkpoint FILE.pt.")
@click.option("-o", "--output", type=PATH, required=True, metavar="FILE.png|DIR", help="The image with masks drawn in; a folder of them for a folder.")
@click.option("--mask", "mask_file", type=PATH, metavar="FILE.png|DIR", help="The masks alone: 255 inside, or the box's number where there are several.")
@click.option("--exact", is_flag=True, help="Take each box as the ROI itself, without the margin of a tenth.")
@click.option("--mean", callback=channel_values, metavar="R,G,B", help="Normalise before an ONNX graph that does not itself, on RGB in [0, 1].")
@click.option("--std", callback=channel_values, metavar="R,G,B", help="The standard deviation, with --mean.")
@click.option("--json", "as_json", is_flag=True, help="Print boxes, ROIs and areas as JSON.")
def command(image: Path, rois: tuple[str, ...], model: str, output: Path, mask_file: Path | None, exact: bool, mean: tuple[float, ...] | None, std: tuple[float, ...] | None, as_json: bool) -> None:
    """Draw the mask of the object inside a box of an image.

    \b
    Examples:
      sensorfit segment photo.jpg --roi 120,80,200,160 -o overlay.png
      sensorfit segment photo.jpg --roi 120,80,200,160 --model out -o overlay.png
      sensorfit segment photos --roi boxes.json --model picosam3.pt -o overlays --mask masks
    """
    if not image.exists():  # before torch is imported
        raise InputError(f"{image}: there is no such image")
    from ..runtime.files import check_output, write_bytes
    from ..vision.predict import predictor
    from ..vision.segment import SUFFIXES, label_map, overlay, png, read_image, segment

    plain, named = _boxes(rois)
    folder = image.is_dir()
    files = sorted(p for p in image.iterdir() if p.suffix.lower() in SUFFIXES) if folder else [image]
    if named:
        files = [p for p in files if p.name in named]
    if not files:
        raise InputError(f"{image}: holds no images{' that --roi names' if named else ''} ({', '.join(SUFFIXES)})")
    places = [output / f"{p.stem}.png" if folder else output for p in files]
    masks = [mask_file / f"{p.stem}.png" if folder else mask_file for p in files] if mask_file else [None] * len(files)
    for place in [*places, *filter(None, masks)]:
        check_output(place, map(str, files), text=False)
    rows: list[dict[str, Any]] = []
    lines: list[tuple[str, bool]] = []  # and whether it is a warning; where a clock is drawn, they would lie over it
    last, total = f"{model} {len(files)}", len(files) if len(files) > 1 else 0
    with ExitStack() as ended, waiting("segment", several([p.name for p in files]), total, last) as count:
        ended.callback(_say, lines, as_json)  # behind an image that cannot be read, too
        predict = predictor(model, mean or (), std or ())
        for path, place, beside in zip(files, places, masks, strict=True):
            pixels = read_image(path)
            boxes = plain + named.get(path.name, [])
            for box in boxes:
                if box[0] + box[2] > pixels.shape[1] + 1 or box[1] + box[3] > pixels.shape[0] + 1:
                    said = ",".join(f"{side:g}" for side in box)
                    lines.append((f"{path.name}: the box {said} reaches over the image of {pixels.shape[1]}x{pixels.shape[0]}", True))
            found = segment(pixels, boxes, predict, exact)
            for target in filter(None, (place, beside)):
                target.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(place, png(overlay(pixels, found)))
            if beside is not None:
                write_bytes(beside, png(label_map(found, *pixels.shape[:2])))
            rows.append({"image": str(path), "overlay": str(place), "masks": [one.to_dict() for one in found]})
            lines.append((f"{path.name}: {_areas([int(one.mask.sum()) for one in found])}; {place}", False))
            count.advance()
    if as_json:
        click.echo(json.dumps(rows, indent=2))


def _say(lines: Iterable[tuple[str, bool]], as_json: bool) -> None:
    for line, warning in lines:
        if warning or not as_json:
            click.echo(line, err=warning)


def _areas(pixels: list[int]) -> str:
    if len(pixels) > LISTED:
        return f"{len(pixels)} masks of {min(pixels):,} to {max(pixels):,} pixels"
    return ", ".join(f"{n:,} pixels" for n in pixels)


def _boxes(rois: tuple[str, ...]) -> tuple[Boxes, dict[str, Boxes]]:
    """Boxes for every image, and boxes by file name."""
    plain: Boxes = []
    named: dict[str, Boxes] = {}
    for roi in rois:
        if roi == "-" or roi.lower().endswith(".json"):
            _from_json(roi, plain, named)
            continue
        try:
            numbers = [float(part) for part in roi.split(",")]
        except ValueError:
            numbers = []
        plain.append(_box(numbers, f"--roi {roi}"))
    return plain, named


def _from_json(source: str, plain: Boxes, named: dict[str, Boxes]) -> None:
    from ..runtime.files import read_text

    try:
        found = json.loads(sys.stdin.read() if source == "-" else read_text(Path(source)))
    except (ValueError, RecursionError) as error:
        raise InputError(f"--roi {source}: is not JSON ({error})") from None
    if isinstance(found, dict) and "annotations" in found:
        _from_coco(found, source, named)
    elif isinstance(found, dict):
        for name, boxes in found.items():
            if not isinstance(boxes, list):
                raise InputError(f"--roi {source}: '{name}' needs a list of boxes")
            named[name] = [_box(b, f"--roi {source}: {name}") for b in boxes]
    elif isinstance(found, list):
        plain.extend(_box(b, f"--roi {source}") for b in found)
    else:
        raise InputError(f"--roi {source}: needs a list of boxes [x, y, width, height], or file names to such lists")


def _from_coco(found: dict[str, Any], source: str, named: dict[str, Boxes]) -> None:
    """The boxes of COCO annotations by file name, crowds left out."""
    try:
        files = {image["id"]: str(image["file_name"]) for image in found["images"]}
        boxes = [(files[a["image_id"]], a["bbox"]) for a in found["annotations"] if not a.get("iscrowd")]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"--roi {source}: is no COCO file: images need id and file_name, annotations image_id and bbox ({error!r})") from None
    for name, box in boxes:
        named.setdefault(name, []).append(_box(box, f"--roi {source}: {name}"))


def _box(value: Any, where: str) -> tuple[float, float, float, float]:
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value):
        raise InputError(f"{where}: a box is x,y,width,height in pixels")
    x, y, w, h = map(float, value)
    return x, y, w, h
