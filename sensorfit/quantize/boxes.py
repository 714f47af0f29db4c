"""COCO's boxes: which image of a directory, and where to cut it."""

from __future__ import annotations

import json
import math
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from ..errors import ConfigError, InputError
from ..runtime.files import read_text

MAX_BYTES: Final = 2**30
"""Of the file; COCO's own training set has 450 MB of annotations."""

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""


def read_boxes(path: Path) -> list[tuple[str, Box]]:
    """(file name, box) of every annotation; InputError for what is not COCO JSON, or names a file outside its directory."""
    try:
        found = json.loads(read_text(path, limit=MAX_BYTES))
        images, annotations = found["images"], found["annotations"]
    except ConfigError as error:
        raise InputError(f"--boxes {error}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"--boxes {path}: is not COCO JSON with 'images' and 'annotations' ({error})"
        ) from None
    for key, value in (("images", images), ("annotations", annotations)):
        if not isinstance(value, list):
            raise InputError(f"--boxes {path}: '{key}' is not a list")
    files = dict(_image(row, f"--boxes {path}: images[{index}]") for index, row in enumerate(images))
    return [_annotation(row, files, f"{path}: annotations[{index}]") for index, row in enumerate(annotations)]


def _image(row: Any, where: str) -> tuple[int | str, str]:
    if (
        not isinstance(row, dict)
        or not isinstance(row.get("id"), (int, str))
        or not isinstance(row.get("file_name"), str)
    ):
        raise InputError(f"{where} needs 'id' and 'file_name', a number or string and a string")
    name: str = row["file_name"]
    parts = (PurePosixPath(name), PureWindowsPath(name))
    if (
        not name
        or "\0" in name
        or any(p.is_absolute() or p.drive or p.root or ".." in p.parts for p in parts)
    ):
        raise InputError(
            f"{where} names {name[:200]!r}, which does not lie in the directory of --calib; use names relative to it, without '..'"
        )
    return row["id"], name


def _annotation(row: Any, files: dict[int | str, str], where: str) -> tuple[str, Box]:
    wrong = InputError(
        f"{where} needs 'image_id' of a listed image and 'bbox' [x, y, width, height], four numbers"
    )
    if (
        not isinstance(row, dict)
        or not isinstance(row.get("image_id"), (int, str))
        or row["image_id"] not in files
    ):
        raise wrong
    box = row.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(map(_number, box)):
        raise wrong
    x, y, width, height = map(float, box)
    return files[row["image_id"]], (x, y, width, height)


def _number(value: Any) -> bool:
    """A finite number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
