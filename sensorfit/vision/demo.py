"""Composed scenes as files in COCO's format; the same seed and material give the same bytes, however many workers."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from ..runtime.files import write_bytes, write_text
from .compose import PLAIN, Palette, Style, compose
from .geometry import box_of

QUALITY: Final = 92
"""JPEG of a scene."""
_palettes: dict[tuple[Path, str], Palette] = {}
"""Of a worker: decoded once."""


def make_demo(
    directory: Path,
    material: Path,
    scenes: dict[str, int],
    workers: int,
    seed: int,
    each: Callable[[], object] = int,
) -> dict[str, tuple[int, int]]:
    """Write the splits; (scenes, instances) of each. ``each`` is called after every scene."""
    (directory / "images").mkdir(parents=True, exist_ok=True)
    made: dict[str, tuple[int, int]] = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for split, count in scenes.items():
            one = partial(_scene, directory / "images", material, split, seed)
            rows = []
            for row in pool.map(one, range(count), chunksize=8):
                rows.append(row)
                each()
            images = [image for image, _ in rows]
            annotations = [a for _, found in rows for a in found]
            for number, annotation in enumerate(annotations, 1):
                annotation["id"] = number
            content = {
                "info": {"description": f"sensorfit data demo, seed {seed}, {split}"},
                "images": images,
                "annotations": annotations,
                "categories": [{"id": 1, "name": "object"}],
            }
            write_text(directory / f"{split}.json", json.dumps(content))
            made[split] = (len(images), len(annotations))
    return made


def _scene(
    folder: Path, material: Path, split: str, seed: int, number: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    cv2.setNumThreads(1)
    palette = _palettes.get((material, split))
    if palette is None:
        palette = _palettes[material, split] = Palette(material, split)
    style = Style(PLAIN.sides, PLAIN.longest) if split == "train" else PLAIN
    scene = compose(palette, np.random.default_rng([seed, zlib.crc32(split.encode()), number]), style)
    name = f"{split}{number:06d}.jpg"
    data = cv2.imencode(".jpg", scene.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    write_bytes(folder / name, data.tobytes())
    height, width = scene.image.shape[:2]
    image = {"id": number + 1, "file_name": name, "width": width, "height": height}
    rows = [
        _annotation(mask, piece, number + 1) for mask, piece in zip(scene.masks, scene.pieces, strict=True)
    ]
    return image, rows


def _annotation(mask: np.ndarray, piece: str, image: int) -> dict[str, Any]:
    from pycocotools import mask as coder

    runs = coder.encode(np.asfortranarray(mask, np.uint8))
    return {
        "image_id": image,
        "category_id": 1,
        "bbox": list(box_of(mask)),
        "area": int(mask.sum()),
        "iscrowd": 0,
        "segmentation": {"size": list(map(int, runs["size"])), "counts": runs["counts"].decode()},
        "source": piece,
    }
