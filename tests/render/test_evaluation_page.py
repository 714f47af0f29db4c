"""``evaluate --output evaluation.html``: the table's figures as bars and as a table, names as text."""

from __future__ import annotations

import json
import re
from typing import Any

from click.testing import CliRunner

from sensorfit.cli import group
from sensorfit.render.evaluation import FORMATS

from ..made_reports import HOSTILE

ABOUT = {"data": "instances.json", "protocol": "picosam", "crop": "picosam"}


def figures(miou: float, **more: Any) -> dict[str, Any]:
    sizes = {"small": [3, miou - 0.1], "medium": [2, miou], "large": [0, float("nan")]}
    return {"miou_crop": miou, "threshold_average": miou / 2, "by_size": sizes, "instances": 5} | more


def data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_page_holds_each_figure_once_as_a_bar_and_once_in_the_table() -> None:
    beside = {"mean": -0.02, "low": -0.03, "high": -0.01}
    rows = [("float", figures(0.6)), ("int8", figures(0.58, difference=beside))]
    page = data(FORMATS["html"](rows, ABOUT))
    bars, table = page["sections"]
    assert page["head"]["title"] == "float: mIoU 60.00 % in the crop"
    assert [(b["label"], b["group"], round(b["value"], 6)) for b in bars["bars"]] == [
        ("float", "all", 60), ("float", "small", 50), ("float", "medium", 60),
        ("int8", "all", 58), ("int8", "small", 48), ("int8", "medium", 58),
    ]  # fmt: skip
    assert table["rows"][1][:2] == ["int8", "58.00"] and table["rows"][1][-1] == "-2.00 (-3.00 to -1.00)"


def test_the_title_is_about_the_first_model_and_no_baseline() -> None:
    page = data(FORMATS["html"]([("box", figures(0.7)), ("float", figures(0.6))], ABOUT))
    assert page["head"]["title"] == "float: mIoU 60.00 % in the crop"


def test_a_name_is_text() -> None:
    attack = HOSTILE + "</script><script>alert(1)</script>"
    page = FORMATS["html"]([(attack, figures(0.5))], {**ABOUT, "data": attack})
    assert page.count("<script") == 2 and "<img" not in page


def test_the_files_name_decides_the_format_and_another_is_refused() -> None:
    done = CliRunner().invoke(group, ["evaluate", "picosam3", "--data", "absent", "--output", "out.sarif"])
    assert "sarif is not among console, markdown, html, json" in str(done.exception)


def test_a_size_that_no_object_has_takes_no_column_and_the_only_one_no_bars() -> None:
    of_two = FORMATS["console"]([("float", figures(0.6))], ABOUT).splitlines()[0]
    assert of_two.split() == ["model", "mIoU", "crop", "threshold", "average", "small", "medium"]
    sizes = {"small": [0, None], "medium": [2, 0.6], "large": [0, None]}
    bars, table = data(FORMATS["html"]([("float", figures(0.6, by_size=sizes))], ABOUT))["sections"]
    assert [b["group"] for b in bars["bars"]] == ["all"]
    assert table["head"] == ["model", "mIoU crop", "threshold average", "medium"]
