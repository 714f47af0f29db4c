"""A build's report.html: bytes and schedule predicted and the converter's, masks side by side, names as text."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorfit.convert.insight import read_timeline
from sensorfit.convert.messages import ConverterMemory
from sensorfit.memory.model import Live, Step
from sensorfit.pipeline.model import Build, Normalisation
from sensorfit.pipeline.samples import Sample, _classes, _picture, _small
from sensorfit.quantize.fidelity import agreement
from sensorfit.quantize.layers import Layer, LayerBits, LayerFidelity
from sensorfit.render.build_page import render
from sensorfit.render.picture import png, tint

from ..made_reports import HOSTILE, report


def build(name: str = "net", **changes: Any) -> Build:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 1, 8, 8))
    found = agreement(logits, logits + 0.1)
    masks = (logits[0, 0] > 0).astype(np.int64)
    sample = Sample(2, np.zeros((8, 8, 3), np.uint8), masks, 1 - masks, 0.25, True)
    base = Build(
        name=name,
        directory=Path("out"),
        report=report(name=name),
        memory=ConverterMemory(2_000_000, 1_000_100, 27_648, 1024, 3_028_772, 8_388_480, True),
        fidelity=found,
        outputs=(found,),
        layers=LayerFidelity(8, (Layer(name, "Conv", 30.5), Layer("b", "Add", 21.25), Layer("c", "Relu", None)), None),
        bits=(LayerBits(name, "Conv", 8, 9),),
        debug=False,
        normalisation=Normalisation((), ()),
        calibration=name,
        warnings=(name,),
        files=("packerOut.zip",),
        stages=(),
        timeline=(Step(name, "Conv2D", (Live("a", 500), Live(name, 400))), Step("z", "Output", (Live("a", 100),))),
        samples=(sample,),
    )  # fmt: skip
    return replace(base, **changes)


def data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def section(page: dict[str, Any], title: str) -> dict[str, Any]:
    return next(s for s in page["sections"] if s["title"] == title)


def test_the_page_puts_the_converters_bytes_beside_the_predicted_ones() -> None:
    page = data(render(build()))
    assert page["head"]["title"] == "net: built, 3,028,772 B (2.89 MiB) of 8,388,480 B (8.00 MiB)"
    rows = {row[0]: row[1:] for row in section(page, "Memory, bytes")["rows"]}
    assert rows["runtime"] == [1_000_000, 1_000_100, -100]
    assert rows["weights"] == [2_000_000, 2_000_000, 0]


def test_commands_are_said_where_they_are_known() -> None:
    assert "Beside the memory: 175,064 of about" in data(render(build(command_bytes=175064)))["head"]["text"]
    assert "Beside" not in data(render(build()))["head"]["text"]


def test_of_an_output_only_what_is_known_is_said() -> None:
    assert section(data(render(build())), "INT8 beside float")["head"] == [
        "output", "images", "mask IoU", "worst mask IoU", "SQNR, dB", "largest difference",
    ]  # fmt: skip


def test_the_converters_schedule_stands_beside_the_predicted_one_with_its_peak() -> None:
    model = data(render(build()))["models"][0]
    theirs = model["converter"]
    assert [step[1:] for step in theirs["steps"]] == [[900, "net", "Conv2D"], [100, "z", "Output"]]
    assert theirs["peak"] == 0 and theirs["base"] == 2_000_000 + 27_648 + 1024
    assert theirs["steps"] != model["memory"]["steps"]


def test_without_the_converters_schedule_or_masks_the_page_leaves_them_out() -> None:
    page = data(render(build(timeline=(), samples=())))
    assert "converter" not in page["models"][0]
    assert "Float and INT8 side by side" not in {s["title"] for s in page["sections"]}


def test_the_least_exact_layers_come_first_and_the_page_says_where_the_float_side_has_moved() -> None:
    page = data(render(build()))
    assert [(b["label"], b["value"]) for b in section(page, "Least exact layers")["bars"]] == [("b", 21.25), ("net", 30.5)]  # fmt: skip
    moved = replace(build().layers, reference_sqnr_db=3.0)
    told = section(data(render(build(layers=moved))), "Least exact layers")
    assert "bias correction" in told["note"] and "3.0 dB" in told["note"]


def test_masks_are_pictures_with_their_agreement() -> None:
    (title, base, shown) = section(data(render(build())), "Float and INT8 side by side")["pictures"][0]
    assert title == "calibration image 3, mask IoU 0.250"
    assert [words for words, _ in shown] == ["image", "float", "INT8", "where they differ"]
    sources = [base, *(source for _, source in shown[1:])]
    assert all(
        base64.b64decode(s.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG") for s in sources
    )


def test_no_name_becomes_markup() -> None:
    attack = HOSTILE + "</script><script>alert(1)</script>"
    page = render(build(attack))
    assert page.count("<script") == 2 and "<img" not in page


def test_a_png_holds_its_pixels() -> None:
    classes = np.array([[0, 1], [2, 8]])
    pixels = tint(classes)
    file = png(pixels)
    start = file.index(b"IDAT") + 4
    size = int.from_bytes(file[start - 8 : start - 4], "big")
    lines = np.frombuffer(zlib.decompress(file[start : start + size]), np.uint8).reshape(2, -1)
    assert (lines[:, 1:].reshape(2, 2, 4) == pixels).all() and not lines[:, 0].any()
    assert (
        pixels[0, 0, 3] == 0 and (pixels[0, 1] == pixels[1, 1]).all()
    )  # the ground is clear; tints come around


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        (np.array([[[[-1.0, 2.0]]]]), [[[0, 1]]]),
        (np.array([[[[3.0]], [[5.0]]]]), [[[1]]]),
        (np.array([[[4, 0]]], np.int64), [[[4, 0]]]),
        (np.zeros((1, 10)), None),
    ],
    ids=["logits", "channels", "classes written", "no map"],
)
def test_what_counts_as_a_mask(output: np.ndarray, wanted: Any) -> None:
    found = _classes(output)
    assert found is None if wanted is None else (found is not None and found.tolist() == wanted)


@pytest.mark.parametrize(("height", "width"), [(96, 96), (480, 640), (33, 47)])
def test_a_map_at_half_the_size_lies_over_its_picture(height: int, width: int) -> None:
    image = np.zeros((3, height, width), np.float32)
    image[:, : height // 2] = 1
    classes = np.zeros((height // 2, width // 2), np.int64)
    classes[: classes.shape[0] // 2] = 1
    picture, over = _picture(image), _small(classes, image)
    assert picture.shape[:2] == over.shape and max(over.shape) <= 160
    assert ((picture[..., 0] > 0) == (over > 0)).mean() > 0.95


def test_a_timeline_in_another_form_is_none(tmp_path: Path) -> None:
    assert read_timeline(tmp_path) == ()
    for text in ("{", "[]", '{"nodes": [{"id": "a"}]}', '{"nodes": 3}', "\x00"):
        (tmp_path / "net_ModelForInsights.json").write_text(text)
        assert read_timeline(tmp_path) == ()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_works_in_a_browser(browser: Any, scheme: str, tmp_path: Path) -> None:
    """Both schedules drawn and moved through by key, the masks there, nothing that axe finds wrong."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    file = tmp_path / "report.html"
    file.write_text(render(build()), encoding="utf-8")
    page = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    theirs = page.locator("canvas[aria-label*=converter]")
    theirs.focus()
    page.keyboard.press("End")
    assert theirs.get_attribute("aria-valuenow") == "1" and "z (Output)" in theirs.get_attribute(
        "aria-valuetext"
    )
    assert page.locator(".stack img").count() == 7  # the image four times, three with a mask over it
    assert page.locator(".stack img").evaluate_all(
        "all => all.every((i) => i.complete && i.naturalWidth === 8)"
    )
    assert wrong == []
    assert axe.run(page).response["violations"] == []
