"""The shipped model is what the command makes of the shipped measurements, and as good as the docs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.api import load_target
from sensorfit.latency.calibrate import Refit
from sensorfit.latency.calibration_file import render_toml
from sensorfit.latency.session import BEGIN, END, SHIPPED_HEADING
from sensorfit.render.latency import render_refit
from sensorfit.target import Target, read_facts


def test_the_shipped_file_is_the_commands_output(shipped_refit: Refit, target: Target) -> None:
    from importlib import resources

    shipped = (resources.files("sensorfit.rules") / "imx500" / "latency.toml").read_text(encoding="utf-8")
    assert shipped == render_toml(shipped_refit, target, SHIPPED_HEADING), "run: sensorfit calibrate --write"


def test_the_documentation_carries_what_the_command_prints(shipped_refit: Refit, root: Path) -> None:
    page = (root / "docs" / "latency.md").read_text(encoding="utf-8")
    printed = page.partition(BEGIN)[2].partition(END)[0]
    assert printed.strip() == render_refit(shipped_refit).strip(), "run: sensorfit calibrate --write"


def test_the_error_is_within_what_is_promised(shipped_refit: Refit) -> None:
    assert shipped_refit.fit.error_median <= 0.15
    assert shipped_refit.fit.error_worst <= 0.35


def test_nine_of_ten_intervals_hold_the_measurement_and_stay_narrow(shipped_refit: Refit) -> None:
    good = [r for r in shipped_refit.rows if r.inside and r.high <= 3 * r.low]
    assert len(good) >= 0.9 * len(shipped_refit.rows)


def test_no_prediction_breaks_an_upper_bound(shipped_refit: Refit) -> None:
    assert [r.measured.name for r in shipped_refit.bounds if r.predicted > r.measured.ms] == []
    assert len(shipped_refit.bounds) >= 5


def test_what_measurements_tell_apart_is_narrower_than_before_them(shipped_refit: Refit) -> None:
    width = {k.name: [k.before[1] / k.before[0], k.now[1] / k.now[0]] for k in shipped_refit.fit.known}
    for name in ("dense", "memory"):
        before, now = width[name]
        assert now < 0.5 * before
    assert all(now <= before * 1.01 for before, now in width.values())


def test_the_model_beats_counting_macs(shipped_refit: Refit) -> None:
    counting = next(a for a in shipped_refit.alternatives if a.name == "padded MACs at one rate")
    assert shipped_refit.fit.error_median < counting.error_median
    assert shipped_refit.fit.error_worst < counting.error_worst


@pytest.mark.parametrize("table", ["measurement", "bound", "demand"])
def test_every_figure_has_its_source(table: str) -> None:
    rows = read_facts("measurements", load_target())[table]
    assert rows
    assert all(row["source"] for row in rows)
    assert len({row["name"] for row in rows}) == len(rows)


def test_figures_of_unstated_coverage_are_shown_and_not_fitted(shipped_refit: Refit) -> None:
    shown = {r.measured.name for r in shipped_refit.others}
    assert {"PicoSAM2 96x96", "PicoSAM3 96x96"} <= shown
    assert all(r.measured.confidence != "low" for r in shipped_refit.rows)
