"""A tiny COCO and a tiny LVIS: coloured shapes on noise, drawn here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

WIDTH, HEIGHT = 80, 64


def polygon(x: int, y: int, w: int, h: int) -> list[float]:
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def make_coco(directory: Path, images: int = 6, lvis: bool = False) -> Path:
    """``DIR/train.json`` and ``DIR/images``: two rectangles an image, exactly annotated."""
    rng = np.random.default_rng(0)
    (directory / "images").mkdir(parents=True)
    listed: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for n in range(1, images + 1):
        picture = rng.integers(0, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        for x, y, w, h in ((6, 8, 24, 30), (44, 20, 28, 20)):
            picture[y : y + h, x : x + w] = rng.integers(150, 255, 3)
            annotations.append(
                {"id": len(annotations) + 1, "image_id": n, "category_id": 1, "bbox": [x, y, w, h], "area": w * h,
                 "segmentation": [polygon(x, y, w, h)]}
                | ({} if lvis else {"iscrowd": 0})
            )  # fmt: skip
        Image.fromarray(picture).save(directory / "images" / f"{n:012d}.png")
        row = {"id": n, "width": WIDTH, "height": HEIGHT}
        listed.append(
            row
            | (
                {"coco_url": f"http://images.cocodataset.org/images/{n:012d}.png"}
                if lvis
                else {"file_name": f"{n:012d}.png"}
            )
        )
    content = {"images": listed, "annotations": annotations, "categories": [{"id": 1, "name": "block"}]}
    (directory / "train.json").write_text(json.dumps(content))
    return directory / "train.json"


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    return make_coco(tmp_path / "coco")
