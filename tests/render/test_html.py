"""The page: self-contained, small, inert whatever a model is called, and alive in a browser."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorfit.api import check, compare
from sensorfit.latency.model import LayerCost
from sensorfit.memory.model import Live, Step
from sensorfit.render.comparison.page import render as comparison
from sensorfit.render.document import Bar, Head, Point, bars, document, pictures, scatter, table
from sensorfit.render.html import render
from sensorfit.render.picture import png
from sensorfit.report.outcome import Outcome
from sensorfit.report.report import Report

from ..made_reports import HOSTILE, finding, report
from ..rewrite.harness import model


def data(page: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])["models"]


def wide(nodes: int) -> Report:
    """A report on a network of ``nodes`` layers in blocks, each with a skip that is alive over the next eight."""
    names = [f"/encoder/stage{i // 100}/block{i % 100}/conv/Conv" for i in range(nodes)]
    steps = tuple(
        Step(n, "Conv", tuple(Live(names[j] + "_output_0", 4096) for j in {i, i - 1, i // 8 * 8} if j >= 0))
        for i, n in enumerate(names)
    )
    found = report(*(finding(node=n) for n in names[::10]))
    layers = tuple(LayerCost(n, "Conv", 1000 + i, 500) for i, n in enumerate(names))
    return replace(
        found,
        memory=replace(found.memory, steps=steps, peak_step=nodes // 2),
        latency=replace(found.latency, layers=layers),
    )


def test_the_page_of_a_real_model_is_small_and_asks_for_nothing() -> None:
    page = render([check("picosam3")])
    assert len(page.encode()) <= 300_000
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!data:)", page)
    assert "default-src 'none'" in page


def test_the_page_of_5000_nodes_is_below_its_bound() -> None:
    assert len(render([wide(5000)]).encode()) <= 1_500_000


def test_no_name_becomes_markup_or_ends_the_data() -> None:
    attack = HOSTILE + "</script><script>alert(1)</script>@JS@ @DATA@"
    hostile = report(finding(node=attack, op=attack, fix=attack, message=attack), name=attack, note=attack)
    page = render([Outcome(attack, hostile, exit_code=1)])
    assert page.count("<script") == 2 and "<img" not in page and "alert(1)</" not in page
    assert "alert(1)" in data(page)[0]["name"]


def test_the_timeline_is_the_plan() -> None:
    found = check("picosam3", largest_inputs=False)
    memory = data(render([found]))[0]["memory"]
    sums = [0] * len(memory["steps"])
    first = 0
    for _, _, after, span, size in memory["tensors"]:
        first += after
        for step in range(first, first + span + 1):
            sums[step] += size
    assert sums == [step.bytes for step in found.memory.steps]
    assert memory["base"] + found.memory.runtime_bytes == found.memory.total_bytes


@pytest.mark.browser
def test_the_page_works_in_a_browser(browser: Any, tmp_path: Path) -> None:
    """No error, nothing requested, both charts drawn; a click, a key and a row select the same layer everywhere."""
    file = tmp_path / "report.html"
    file.write_text(render([check("picosam3", layers=True), report(finding(node="/up/0"))]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 800})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: request.url.startswith("data:") or asked.append(request.url))
    asked: list[str] = []
    page.goto(file.as_uri())
    colours = """board => new Set(new Uint32Array(board.getContext('2d').getImageData(0, 0, board.width,
        board.height).data.buffer)).size"""
    assert [board.evaluate(colours) > 2 for board in page.locator("canvas").all()] == [True, True, True]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    timeline = page.locator("canvas").first
    timeline.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert timeline.get_attribute("aria-valuenow") == "1"
    place = timeline.bounding_box()
    page.mouse.move(place["x"] + place["width"] * 30.5 / 42, place["y"] + place["height"] * 0.6)
    assert re.fullmatch(
        r"/up4/.* 0\.84 MiB; step 31 of 42, /up4/.*, the peak", timeline.get_attribute("title") or ""
    )
    times = page.locator("canvas.low")
    times.hover(position={"x": 5, "y": 50})
    assert re.search(r"Conv\): \S+ ms \(\S+ ms to \S+ ms\)$", times.get_attribute("title") or "")
    network = page.locator("canvas.tall")
    row = page.locator("tr.picked")
    assert "/encoder_stage1/encoder_stage1.0/Conv" in row.inner_text()
    page.locator("td button", has_text="/down1/Conv").first.click()
    assert "/down1/Conv" in (timeline.get_attribute("aria-valuetext") or "")
    assert "/down1/Conv" in (network.get_attribute("aria-valuetext") or "")
    network.focus()
    page.keyboard.press("End")
    assert "1x1x96x96" in page.locator("tr.picked").inner_text()
    page.locator("input[type=search]").fill("resize")
    assert page.locator("tbody tr").count() < 10
    page.locator("select").first.select_option("1")
    assert "DOES NOT FIT" in page.locator("h1").inner_text()
    assert (wrong, asked) == ([], [file.as_uri()])


@pytest.mark.browser
def test_a_printed_page_is_no_wider_than_the_sheet(browser: Any, tmp_path: Path) -> None:
    """At 718 pixels, A4 between its margins: the table of layers, whole, with columns for every figure."""
    file = tmp_path / "report.html"
    file.write_text(render([check("picosam3", layers=True)]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 718, "height": 1000})
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("tbody tr").count() == 84


@pytest.mark.browser
def test_every_printed_sheet_of_layers_has_its_headings_and_no_word_is_broken(
    browser: Any, tmp_path: Path
) -> None:
    """Chromium repeats no heading that holds a button; the charts are drawn for the sheet, in light colours, before it is made."""
    file = tmp_path / "report.html"
    file.write_text(render([check("picosam3", layers=True)]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="dark")
    page.goto(file.as_uri())
    page.evaluate(
        """addEventListener("beforeprint", () => { document.title = [document.documentElement.dataset.print,
        document.querySelector("canvas.tall").width, getComputedStyle(document.body).backgroundColor].join("|"); })"""
    )
    page.pdf(format="A4")
    assert page.title() == "|718|rgb(255, 255, 255)"
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('th button')].every(b => b.offsetWidth === 0)")
    assert page.evaluate(
        "[...document.querySelectorAll('tbody td:not(.name)')].every(td => td.scrollWidth <= td.clientWidth)"
    )
    assert page.locator("thead").inner_text().split()[:3] == ["#", "node", "operator"]


@pytest.mark.browser
def test_a_printed_comparison_is_no_wider_than_the_sheet(browser: Any, tmp_path: Path) -> None:
    """All fourteen columns, in two tables, the published latencies in words among them; no heading breaks inside a word."""
    file = tmp_path / "compare.html"
    file.write_text(comparison(compare(["picosam3", "edgesam"])), encoding="utf-8")
    page = browser.new_page(viewport={"width": 718, "height": 1000})
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heads = page.locator("th")
    assert heads.count() == 15 and heads.nth(1).inner_text() == "verdict"
    assert heads.evaluate_all(
        "all => all.every(th => th.scrollWidth <= th.clientWidth && getComputedStyle(th).overflowWrap === 'normal')"
    )


@pytest.mark.browser
def test_a_short_table_is_shown_whole(browser: Any, tmp_path: Path) -> None:
    rows = [("a long cell " * 12, str(i)) for i in range(20)]
    file = tmp_path / "report.html"
    file.write_text(document("t", [], [table("Figures", ["what", "n"], rows)]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(file.as_uri())
    assert page.evaluate("(b => b.scrollHeight <= b.clientHeight + 1)(document.querySelector('.scroll'))")


@pytest.mark.browser
def test_a_hand_made_step_before_the_next_command_is_one_sentence(browser: Any, tmp_path: Path) -> None:
    text = "(float[1,3,96,96] x) => (float[1,3,96,96] y) { y = Relu (x) }"
    file = tmp_path / "report.html"
    file.write_text(render([check(model(text), input_shapes={"": (1, 3, 64, 64)})]), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    assert "FITS at 64x64. Next: export it at that size, then: sensorfit build" in page.inner_text("main")


@pytest.mark.browser
def test_of_a_network_whose_size_is_open_no_figure_is_drawn(browser: Any, tmp_path: Path) -> None:
    text = """(float[n,3,h,w] x) => (float[n,8,h,w] y) <float[8,3,3,3] k>
    { c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, k) y = HardSwish (c) }"""
    file = tmp_path / "report.html"
    file.write_text(render([check(model(text), layers=True)]), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.locator("canvas").count() == 1  # the network
    assert "depend on the input's size, which is open" in page.locator("main").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_page(browser: Any, scheme: str, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    file = tmp_path / "report.html"
    hostile = report(finding(node="/up/0"), name="a" * 150)
    file.write_text(render([check("picosam3", layers=True), hostile]), encoding="utf-8")
    page = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
    page.goto(file.as_uri())
    assert axe.run(page).response["violations"] == []


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_plots_and_pictures_work_in_a_browser(browser: Any, scheme: str, width: int, tmp_path: Path) -> None:
    """Drawn at every width, nothing requested, no error, nothing that axe finds wrong; what is no PNG is no picture."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    dot = "data:image/png;base64," + base64.b64encode(png(np.zeros((4, 4, 3), np.uint8))).decode()
    sections = [
        scatter("Points", ("x", "y"), [Point("a", 1, 2, "fits"), Point("b" * 90, 30, 4, "does_not_fit", 1)], (8, "budget")),
        bars("Bars", "%", [Bar("one", "all", 3), Bar("one", "small", 2), Bar(HOSTILE, "all", 1)]),
        pictures("Masks", [("image 1", dot, [("image", ""), ("INT8", "https://example.org/x.png")])]),
        table("Cells", ("a", "b"), [("x" * 200, 3)]),
    ]  # fmt: skip
    file = tmp_path / "page.html"
    file.write_text(document("title", [], sections, Head("title")), encoding="utf-8")
    page = browser.new_context(
        color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 800}
    ).new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: request.url.startswith("data:") or wrong.append(request.url))
    page.goto(file.as_uri())
    page.locator("svg rect[fill]").first.wait_for()
    assert page.locator("svg circle.fits").count() == 1 and page.locator("svg rect.does_not_fit").count() == 1
    assert page.locator("svg rect[fill]").count() == 3
    assert page.locator(f"img[src='{dot}']").count() == 2 and page.locator("img[src='']").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wrong == [file.as_uri()]
    assert axe.run(page).response["violations"] == []
