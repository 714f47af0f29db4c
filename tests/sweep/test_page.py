"""The page of a sweep: self-contained, nothing of a space is markup, and it works in a browser."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from sensorfit.render.sweep.page import render
from sensorfit.sweep.read import parse_space
from sensorfit.sweep.result import Sweep
from sensorfit.sweep.store import columns

SPACE = """
family = "picosam"
objectives = ["dsp_ms", "maximize parameters"]
[parameters]
kernel = [3, 5, 7]
attention = ["none", "channel"]
"""
CHROMIUM = shutil.which("chromium")


def found() -> Sweep:
    """Sixty made rows, half of them feasible."""
    space = parse_space(SPACE, "space.toml")
    rows = [
        {
            "candidate": i, "kernel": 3 + 2 * (i % 3), "attention": ["none", "channel"][i % 2], "verdict": "fits",
            "reason": "", "feasible": i % 2 == 0, "violated": "" if i % 2 == 0 else "<img src=x onerror=alert(1)></script>",
            "parameters": 1000 * i, "macs": i, "weights": 10**6, "runtime": 10**5 * i, "total": 10**6 + 10**5 * i,
            "dsp_ms": 1.0 + i / 10, "dsp_ms_low": 0.5, "dsp_ms_high": 9.0,
        }
        for i in range(60)
    ]  # fmt: skip
    front = tuple(row for row in rows if row["feasible"])
    return Sweep(
        space, Path("out"), Path("out/candidates.parquet"), 60, {"fits": 60}, 30, front, {}, columns(space), tuple(rows),
        8_388_480, 60, 1.0,
    )  # fmt: skip


def test_nothing_of_the_rows_is_markup_and_the_page_asks_for_nothing() -> None:
    page = render(found())
    assert "onerror" in page and "<img" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert match
    data = json.loads(match[1])
    assert len(data["rows"]) == 60 and data["front"] == [i for i in range(60) if i % 2 == 0]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_brush_selects_and_the_chosen_candidate_names_its_command(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    file = tmp_path / "front.html"
    file.write_text(render(found()), encoding="utf-8")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(file.as_uri())
        assert _selected(page) == 30
        board = page.locator("canvas").first
        box: Any = board.bounding_box()
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 5)
        page.mouse.up()
        assert 10 <= _selected(page) <= 20
        board.focus()
        page.keyboard.press("ArrowRight")
        assert "sensorfit sweep pick out 2 -o model.onnx" in page.locator(".detail").inner_text()
        page.locator("input[type=checkbox]").uncheck()
        page.locator("button", has_text="clear the brushes").click()
        assert _selected(page) == 60
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert wrong == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_labels_of_the_axes_do_not_lie_over_each_other_on_a_phone(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    file = tmp_path / "front.html"
    file.write_text(render(found()), encoding="utf-8")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 800})
        page.add_init_script(
            """window.drawn = []; const pen = CanvasRenderingContext2D.prototype, put = pen.fillText;
            pen.fillText = function (text, x, y) { const width = this.measureText(text).width;
              const left = { left: x, right: x - width, center: x - width / 2 }[this.textAlign] ?? x;
              window.drawn.push([this.canvas.getAttribute("aria-label") || "", text, left, left + width, y]); put.call(this, text, x, y); };"""
        )
        page.goto(file.as_uri())
        drawn = [tuple(t) for t in page.evaluate("drawn")]
    labels = [t for t in dict.fromkeys(drawn) if t[1].startswith(("up: ", "across: "))]
    assert len(labels) == 2
    assert all(b[2] >= a[3] or b[4] != a[4] for a in labels for b in labels if a[2] < b[2])
    assert all(t[2] >= 0 and t[3] <= 360 for t in labels)


def _selected(page: Any) -> int:
    text = next(t for t in page.locator("h2").all_inner_texts() if "selected" in t)
    return int(text.split()[0])
