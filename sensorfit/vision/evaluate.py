"""Models and baselines over the same annotated crops, side by side.

    crop     IoU at the network's resolution, as the papers measure: the annotation is cut and resized by the nearest pixel
    image    IoU of the mask pasted back with the whole annotation: what the ROI cuts off counts against it
    AP       COCO's segm AP by faster-coco-eval, the box being the prompt; the score is the mean probability in the mask

IoU in the crop and in the image differ by points on the same masks; a figure without its protocol says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..runtime.extra import need
from .baselines import BASELINES
from .coco import Instance, Instances
from .dataset import pixels
from .geometry import SIZE, Roi, crop, crop_mask, paste, roi_of
from .metrics import by_size, ious, paired_bootstrap, threshold_average
from .predict import Predictor


@dataclass
class Prepared:
    """The crops of an evaluation."""

    instances: list[Instance]
    crops: np.ndarray
    """(N, S, S, 3) uint8"""
    masks: np.ndarray
    """(N, S, S) bool"""
    rois: list[Roi]
    boxes: np.ndarray
    """(N, 4) in crop pixels."""


@dataclass
class Scores:
    """One model's result: a value an instance, and the figures made of them."""

    name: str
    crop: np.ndarray
    image: np.ndarray | None
    figures: dict[str, Any]
    masks: np.ndarray | None = None
    """(N, S, S / 8), uint8: eight places a byte, as numpy packs them."""


def prepare(
    found: Instances, limit: int | None, seed: int, protocol: str = "picosam", size: int = SIZE
) -> Prepared:
    """Cut the instances, or ``limit`` of them at random."""
    chosen = found.items
    if limit is not None and limit < len(chosen):
        order = np.random.default_rng(seed).permutation(len(chosen))[:limit]
        chosen = [chosen[i] for i in sorted(order)]
    kept: list[Instance] = []
    crops, masks, rois, boxes = [], [], [], []
    last: tuple[str, np.ndarray] = ("", np.empty(0))
    for one in chosen:
        try:
            roi = roi_of(one.box, one.width, one.height, protocol)
            whole = one.mask()
        except ValueError as error:
            found.skip(str(error), f"annotation {one.id}")
            continue
        if last[0] != one.image:
            last = (one.image, pixels(found.images / one.image, one.width, one.height))
        sx, sy = size / (roi[2] - roi[0]), size / (roi[3] - roi[1])
        x, y, w, h = one.box
        kept.append(one)
        crops.append(crop(last[1], roi, size))
        masks.append(crop_mask(whole, roi, size))
        rois.append(roi)
        boxes.append(((x - roi[0]) * sx, (y - roi[1]) * sy, w * sx, h * sy))
    return Prepared(kept, np.stack(crops), np.stack(masks), rois, np.array(boxes))


def score(name: str, logits: np.ndarray, prepared: Prepared, protocol: str) -> Scores:
    """The figures of ``logits`` (N, S, S). ``protocol``: picosam, image (adds that), coco (adds AP too)."""
    in_crop = ious(logits > 0, prepared.masks)
    areas = np.array([one.mask().sum() for one in prepared.instances])
    filled = np.asarray(prepared.masks.reshape(len(in_crop), -1).any(1))
    figures: dict[str, Any] = {
        "instances": len(in_crop),
        "miou_crop": float(in_crop.mean()),
        "threshold_average": threshold_average(in_crop, filled),
        "by_size": by_size(in_crop, areas),
    }
    in_image = None
    if protocol in ("image", "coco"):
        pasted = [
            paste(x, roi, one.width, one.height)
            for x, roi, one in zip(logits, prepared.rois, prepared.instances, strict=True)
        ]
        in_image = np.array(
            [ious(m[None], one.mask()[None])[0] for m, one in zip(pasted, prepared.instances, strict=True)]
        )
        figures["miou_image"] = float(in_image.mean())
        if protocol == "coco":
            figures["coco_segm_ap"] = coco_ap(pasted, logits, prepared)
    return Scores(name, in_crop, in_image, figures, np.packbits(logits > 0, axis=-1))


def coco_ap(
    masks: Sequence[np.ndarray], logits: np.ndarray, prepared: Prepared, checker: str = "faster_coco_eval"
) -> dict[str, float]:
    """AP, AP50 and AP75 of segm over the prepared instances; ``checker`` may be pycocotools, slower."""
    coder = need("pycocotools.mask", "pycocotools")
    truth, found = _as_coco(masks, logits, prepared, coder)
    if checker == "pycocotools":
        api, evaluator = (
            need("pycocotools.coco", "pycocotools").COCO,
            need("pycocotools.cocoeval", "pycocotools").COCOeval,
        )
    else:
        fast = need("faster_coco_eval", "faster-coco-eval")
        api, evaluator = fast.COCO, fast.COCOeval_faster
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()):
        reference = api()
        reference.dataset = truth
        reference.createIndex()
        run = evaluator(reference, reference.loadRes(found), "segm")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return {
        name: float(run.stats[i])
        for i, name in enumerate(("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large"))
    }


def _as_coco(
    masks: Sequence[np.ndarray], logits: np.ndarray, prepared: Prepared, coder: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    def runs(mask: np.ndarray) -> dict[str, Any]:
        made = coder.encode(np.asfortranarray(mask, np.uint8))
        return {"size": list(made["size"]), "counts": made["counts"].decode()}

    images: dict[int, dict[str, Any]] = {}
    annotations, found = [], []
    for number, (one, mask, x) in enumerate(zip(prepared.instances, masks, logits, strict=True), 1):
        images[one.image_id] = {
            "id": one.image_id,
            "width": one.width,
            "height": one.height,
            "file_name": one.image,
        }
        whole = one.mask()
        common = {"image_id": one.image_id, "category_id": one.category}
        annotations.append(
            {
                **common,
                "id": number,
                "bbox": list(one.box),
                "area": int(whole.sum()),
                "iscrowd": 0,
                "segmentation": runs(whole),
            }
        )
        inside = x > 0
        sure = float((1 / (1 + np.exp(-np.clip(x[inside], -30, 30)))).mean()) if inside.any() else 0.0
        found.append({**common, "segmentation": runs(mask), "score": sure})
    categories = [{"id": c, "name": str(c)} for c in sorted({one.category for one in prepared.instances})]
    return {
        "info": {},
        "images": list(images.values()),
        "annotations": annotations,
        "categories": categories,
    }, found


def evaluate(
    models: Sequence[tuple[str, Predictor]],
    prepared: Prepared,
    protocol: str = "picosam",
    baselines: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> list[Scores]:
    """Baselines first, then the models in their order; each after the first model with its difference to that."""
    results = []
    for name in baselines:
        say(f"{name} ...")
        results.append(score(name, BASELINES[name](prepared.crops, prepared.boxes), prepared, protocol))
    first: Scores | None = None
    for name, predict in models:
        logits, seconds = predict.timed(prepared.crops)
        one = score(name, logits, prepared, protocol)
        one.figures["crops_per_second"] = round(len(prepared.crops) / seconds, 1)
        if first is None:
            first = one
        else:
            mean, low, high = paired_bootstrap(first.crop, one.crop)
            one.figures["difference"] = {"to": first.name, "mean": mean, "low": low, "high": high}
        results.append(one)
    return results
