"""Instances from COCO or LVIS annotations, or any JSON of the kind: what cannot be used is counted and named.

Left out, each under its reason: crowds, no area, values that are not finite, a box outside the image, a mask
that is empty or cannot be read, an image that is not listed or whose file is missing.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import ConfigError, InputError
from ..runtime.extra import need
from ..runtime.files import read_text
from .geometry import Box

MAX_BYTES: Final = 3 * 2**30
"""Of the annotations; LVIS v1's training set has 1.1 GB."""
NAMED: Final = 3
"""Examples named for each reason."""


@dataclass(frozen=True)
class Instance:
    """One annotation that can be used."""

    id: int
    image: str
    """File name, relative to the folder of images."""
    width: int
    height: int
    box: Box
    segmentation: Any
    """COCO's: polygons, or run lengths."""
    image_id: int = 0
    category: int = 1

    def mask(self) -> np.ndarray:
        """(height, width) bool, of the whole image."""
        return decode(self.segmentation, self.width, self.height)


@dataclass
class Instances:
    """Those of one file, and what was left out: reason to number and examples."""

    items: list[Instance]
    images: Path
    left_out: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reason: str, where: str) -> None:
        """Count one annotation that cannot be used."""
        self.left_out[reason] += 1
        named = self.examples.setdefault(reason, [])
        if len(named) < NAMED:
            named.append(where)

    def summary(self) -> list[str]:
        """A line a reason: how many, and which for example."""
        return [
            f"{count:,} left out: {reason} ({', '.join(self.examples[reason])}{', ...' if count > NAMED else ''})"
            for reason, count in self.left_out.most_common()
        ]


def read_instances(annotations: Path, images: Path | None = None, look: bool = True) -> Instances:
    """The usable instances of ``annotations``; ``images`` is the folder, by default ``images`` beside the file.

    ``look`` asks for every image's file once. InputError for what is no such JSON, or where nothing is left.
    """
    folder = images or annotations.parent / "images"
    try:
        found = json.loads(read_text(annotations, limit=MAX_BYTES))
        listed, rows = found["images"], found["annotations"]
        known = {int(r["id"]): r for r in listed if isinstance(r, dict) and _name(r) is not None}
    except ConfigError as error:
        raise InputError(f"--data {error}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"--data {annotations}: is not COCO or LVIS JSON with 'images' and 'annotations' ({type(error).__name__}: {error})"
        ) from None
    if not isinstance(rows, list):
        raise InputError(f"--data {annotations}: 'annotations' is not a list")
    result = Instances([], folder)
    there: dict[str, bool] = {}
    for index, row in enumerate(rows):
        where = f"annotation {row.get('id', index)}" if isinstance(row, dict) else f"annotations[{index}]"
        one = _usable(row, known)
        if isinstance(one, str):
            result.skip(one, where)
            continue
        if look and not there.setdefault(one.image, _is_file(folder / one.image)):
            result.skip("the image's file is missing", f"{where}: {one.image}")
            continue
        result.items.append(one)
    if not result.items:
        raise InputError(
            f"--data {annotations}: no annotation can be used with the images in {folder}: "
            + ("; ".join(result.summary()) or "it holds none")
        )
    return result


def decode(segmentation: Any, width: int, height: int) -> np.ndarray:
    """COCO's polygons or run lengths as (height, width) bool; ValueError where they are neither."""
    coder = need("pycocotools.mask", "pycocotools")
    if isinstance(segmentation, list):
        parts = [p for p in segmentation if isinstance(p, list) and len(p) >= 6]
        if not parts:
            raise ValueError("no polygon of three points")
        runs = coder.merge(coder.frPyObjects(parts, height, width))
    elif isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), list):
        runs = coder.frPyObjects(segmentation, height, width)
    elif isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), (str, bytes)):
        runs = segmentation
    else:
        raise ValueError("neither polygons nor run lengths")
    mask = coder.decode(runs)
    if mask.shape != (height, width):
        raise ValueError(f"a mask of {mask.shape[1]}x{mask.shape[0]} in an image of {width}x{height}")
    return np.asarray(mask, bool)


def _name(image: dict[str, Any]) -> str | None:
    """COCO's ``file_name``; LVIS has the address of COCO's image, whose last part it is."""
    name = image.get("file_name")
    if not isinstance(name, str):
        url = image.get("coco_url")
        name = "/".join(url.split("/")[-2:]) if isinstance(url, str) else None
    if name is None or not name or Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name:
        return None
    return name


def _usable(row: Any, images: dict[int, dict[str, Any]]) -> Instance | str:
    """The instance of an annotation, or the reason why it is none."""
    if not isinstance(row, dict):
        return "it is no object"
    if row.get("iscrowd"):
        return "a crowd"
    image = images.get(row.get("image_id"))  # type: ignore[arg-type]
    if image is None:
        return "its image is not listed"
    width, height = image.get("width"), image.get("height")
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return "its image has no width and height"
    box = row.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(v, (int, float)) for v in box):
        return "no box of four numbers"
    if not all(map(math.isfinite, box)):
        return "a box with values that are not finite"
    x, y, w, h = map(float, box)
    if not (w > 0 and h > 0):
        return "a box without area"
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        return "a box outside the image"
    segmentation = row.get("segmentation")
    if reason := _unreadable(segmentation):
        return reason
    name = _name(image)
    assert name is not None
    return Instance(
        int(row.get("id", -1)), name, width, height, (x, y, w, h), segmentation,
        int(row["image_id"]), int(row.get("category_id", 1)),
    )  # fmt: skip


def _unreadable(segmentation: Any) -> str:
    if not segmentation:
        return "an empty mask"
    if isinstance(segmentation, list):
        parts = [p for p in segmentation if isinstance(p, list) and len(p) >= 6]
        if not parts:
            return "an empty mask"
        if not all(isinstance(v, (int, float)) and math.isfinite(v) for p in parts for v in p):
            return "a mask with values that are not finite"
        return ""
    return (
        "" if isinstance(segmentation, dict) and segmentation.get("counts") else "a mask that cannot be read"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def resolve(data: Path, images: Path | None, split: str) -> tuple[Path, Path | None]:
    """(annotations, images) of ``--data``: a JSON file, or a folder that has ``SPLIT.json`` as ``data demo`` writes it."""
    if data.is_dir():
        names: Iterable[str] = (f"{split}.json", f"annotations/instances_{split}2017.json")
        for name in names:
            if (data / name).is_file():
                return data / name, images or (
                    data / "images" if name == f"{split}.json" else data / f"{split}2017"
                )
        raise InputError(f"--data {data}: has no {split}.json; name a COCO or LVIS JSON file")
    if not data.is_file():
        raise InputError(f"--data {data}: there is no such file")
    return data, images
