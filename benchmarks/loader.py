"""What a crop costs the training's loader: processor milliseconds, so a busy machine tells the same; a core's crops a second.

    python benchmarks/loader.py [--material DIR]

COCO: 640x480 JPEGs with seven polygons each, as COCO has them, no augmentation. With --material, composed crops too.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from sensorfit.vision.augment import Augmentation
from sensorfit.vision.coco import read_instances
from sensorfit.vision.dataset import CHUNK, CocoCrops, ComposedCrops

PHOTOGRAPH = Path(__file__).resolve().parent.parent / "docs" / "images" / "coins.png"
IMAGES, EACH = 12, 7


def made(folder: Path) -> Path:
    """A small COCO of one photograph, mirrored and shifted; its annotations."""
    rng = np.random.default_rng(0)
    photograph = np.asarray(Image.open(PHOTOGRAPH).convert("RGB").resize((640, 480)))
    (folder / "images").mkdir()
    images, rows = [], []
    for n in range(1, IMAGES + 1):
        Image.fromarray(np.roll(photograph, 50 * n, 1)).save(folder / "images" / f"{n}.jpg", quality=92)
        images.append({"id": n, "file_name": f"{n}.jpg", "width": 640, "height": 480})
        for _ in range(EACH):
            (x, y), (w, h) = rng.integers(0, 300, 2), rng.integers(40, 180, 2)
            angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
            outline = np.stack([x + w * (1 + np.cos(angle)) / 2, y + h * (1 + np.sin(angle)) / 2], 1)
            rows.append(
                {
                    "id": len(rows) + 1, "image_id": n, "category_id": 1, "bbox": [int(x), int(y), int(w), int(h)],
                    "area": int(w * h), "iscrowd": 0, "segmentation": [outline.flatten().tolist()],
                }
            )  # fmt: skip
    place = folder / "train.json"
    place.write_text(
        json.dumps({"images": images, "annotations": rows, "categories": [{"id": 1, "name": "oval"}]})
    )
    return place


def told(name: str, crops: int, run: Callable[[], None]) -> None:
    """Run, and say what it cost."""
    began = time.process_time()
    run()
    spent = time.process_time() - began
    print(f"{name}: {1000 * spent / crops:.1f} ms a crop, {crops / spent:.0f} crops a second and core")


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--material", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        coco = CocoCrops(read_instances(made(Path(folder))))
        coco[0]
        told("COCO", len(coco), lambda: [coco[i] for i in range(len(coco))].clear())
    if given.material:
        composed = ComposedCrops(given.material, "train", Augmentation(0.5, 0.8, 0.06))
        composed[(0, 0)]
        told("composed, augmented", 4 * CHUNK, lambda: [composed[(0, n)] for n in range(1, 5)].clear())


if __name__ == "__main__":
    main()
