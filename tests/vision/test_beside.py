"""The masks and the layers that an evaluation's page shows beside its figures."""

from __future__ import annotations

import numpy as np
import pytest

from sensorfit.quantize.layers import Layer, LayerFidelity
from sensorfit.render.evaluation import as_html
from sensorfit.vision.beside import masks_beside
from sensorfit.vision.evaluate import Prepared, Scores
from sensorfit.vision.metrics import ious

from ..render.test_evaluation_page import ABOUT, data, figures

pytestmark = pytest.mark.heavy


def test_masks_stand_side_by_side_the_greatest_loss_first_and_no_baseline_among_them() -> None:
    size = 9  # no whole number of bytes
    truth = np.zeros((6, size, size), bool)
    truth[:, 2:7, 2:7] = True
    crops = np.random.default_rng(0).integers(0, 256, (6, size, size, 3), np.uint8)
    prepared = Prepared([], crops, truth, [], np.zeros((6, 4)))
    worse = truth.copy()
    for at in range(6):
        worse[at, 2 : 2 + at, 2:7] = False  # the last loses most

    def scores(name: str, masks: np.ndarray) -> Scores:
        return Scores(name, ious(masks, truth), None, {}, np.packbits(masks, axis=-1))

    results = [scores("box", ~truth), scores("float", truth), scores("int8", worse)]
    shown = masks_beside(results, prepared)
    assert [s.place for s in shown] == [5, 3, 2, 0]
    assert [name for name, _, _ in shown[0].found] == ["float", "int8"]
    assert [
        np.array_equal(mask, m[5]) for (_, _, mask), m in zip(shown[0].found, (truth, worse), strict=True)
    ] == [True, True]
    measured = LayerFidelity(8, (Layer("stem", "Conv", 12.5), Layer("head", "Conv", None, "equal")), None)
    page = data(as_html([("float", figures(0.6))], ABOUT, shown, ("int8", measured)))
    masks, layers = page["sections"][2:]
    assert [words for words, _ in masks["pictures"][0][2]] == [
        "image",
        "annotated",
        "float, IoU 1.000",
        "int8, IoU 0.000",
    ]
    assert [b["label"] for b in layers["bars"]] == ["stem"] and layers["note"].startswith("int8: SQNR")


def test_of_one_model_the_crop_with_the_least_iou_comes_first() -> None:
    truth = np.ones((2, 8, 8), bool)
    found = truth.copy()
    found[1, 4:] = False
    prepared = Prepared([], np.zeros((2, 8, 8, 3), np.uint8), truth, [], np.zeros((2, 4)))
    one = Scores("net", ious(found, truth), None, {}, np.packbits(found, axis=-1))
    assert [s.place for s in masks_beside([one], prepared)] == [1, 0]
    assert masks_beside([], prepared) == ()
