"""The built-in families: what they draw is what reading the drawn model gives, and PicoSAM at its own settings is PicoSAM."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import Any

import onnx
import pytest

import sensorfit
from sensorfit.analysis import analyse, judge
from sensorfit.description import parameters
from sensorfit.graph.load import load
from sensorfit.sweep.builder import draw
from sensorfit.sweep.families.known import FAMILIES
from sensorfit.sweep.families.option import Option
from sensorfit.sweep.weights import at_random
from sensorfit.target import DEFAULT, load_target
from tools.sweep_docs import page

from ..conftest import ROOT

PICOSAM2 = {"dilation": 0, "attention": "none", "head": "plain"}


def some(family: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Random parameters that a family takes, small ones so that a test is quick."""
    random = Random(f"{family}{seed}")
    found: list[dict[str, Any]] = []
    while len(found) < count:
        chosen = {name: _any(option, random) for name, option in FAMILIES[family].options.items()}
        chosen["size"] = random.choice([64, "96x64", 128])
        try:
            draw(family, chosen)
        except ValueError:
            continue
        found.append(chosen)
    return found


def _any(option: Option, random: Random) -> Any:
    if option.choices:
        return random.choice(option.choices)
    if isinstance(option.default, int):
        return random.randint(int(option.low), int(min(option.high, max(option.default * 2, 4))))
    return (
        round(random.uniform(option.low, min(option.high, 2)), 2)
        if isinstance(option.default, float)
        else option.default
    )


@pytest.mark.parametrize(("name", "settings"), [("picosam3", {}), ("picosam2", PICOSAM2)])
def test_the_picosam_family_at_its_own_settings_gives_what_check_gives(
    name: str, settings: dict[str, Any]
) -> None:
    drawn, built_in = sensorfit.check(draw("picosam", settings).model()), sensorfit.check(name)
    assert drawn.model.parameters == built_in.model.parameters
    for part in (
        "weights_bytes",
        "runtime_bytes",
        "input_persistence_bytes",
        "total_bytes",
        "plan_bytes",
        "bound_bytes",
    ):
        assert getattr(drawn.memory, part) == getattr(built_in.memory, part)
    for part in ("macs", "cycles", "dsp_ms", "dsp_ms_low", "dsp_ms_high"):
        assert getattr(drawn.latency, part) == getattr(built_in.latency, part)
    assert [(layer.op, layer.cycles) for layer in drawn.latency.layers] == [
        (layer.op, layer.cycles) for layer in built_in.latency.layers
    ]
    assert drawn.verdict == built_in.verdict == "fits"
    assert sorted(f.rule for f in drawn.findings) == sorted(f.rule for f in built_in.findings)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_drawn_graph_is_what_reading_its_model_gives(family: str) -> None:
    target = load_target(DEFAULT)
    for chosen in some(family, 5, 1):
        sketch = draw(family, chosen)
        model = sketch.model()
        onnx.checker.check_model(sketch.model(at_random(0)), full_check=True)
        assert sketch.graph() == load(model), chosen
        assert sketch.parameters == parameters(model), chosen
        read, drawn = analyse(model, target), judge(sketch.graph(), target)
        assert drawn.memory == read.memory and drawn.latency == read.latency, chosen
        assert drawn.findings == read.findings, chosen


@pytest.mark.parametrize("family", FAMILIES)
def test_every_parameter_of_a_family_changes_its_network(family: str) -> None:
    other = {
        "size": "128x96",
        "divisor": 5,
        "most": 20,
        "levels": 3,
        "stages": 3,
        "growth": 1.5,
        "width": 0.7,
    }
    for name, option in FAMILIES[family].options.items():
        choices = [c for c in option.choices if c != option.default]
        changed = other.get(name, choices[0] if choices else None)
        if changed is None:
            changed = option.default + 1  # type: ignore[operator]
        before: dict[str, Any] = {"divisor": {"width": 0.9}, "stage5": {"stages": 5}}.get(name, {})
        assert draw(family, {**before, name: changed}).graph() != draw(family, before).graph(), name


def test_a_size_that_does_not_halve_is_refused_with_the_multiple_to_take() -> None:
    with pytest.raises(ValueError, match="100x100 does not halve 4 times: sides are multiples of 16"):
        draw("picosam", {"size": 100})


def test_drawing_and_judging_imports_no_torch_and_the_package_no_library_of_the_extras() -> None:
    code = (
        "import sensorfit, sys; from sensorfit.sweep.builder import draw; from sensorfit.sweep import judge, engine, run\n"
        "job = judge.Job('picosam', '', {}, (), 'imx500', '', True, 9.0)\n"
        "print(judge.judge_batch(job, [judge.Candidate(0, {})])[0]['verdict'])\n"
        "print([m for m in ('torch', 'optuna', 'pyarrow', 'dask', 'distributed', 'networkx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["fits", "[]"]


def test_the_page_lists_the_families_as_they_are() -> None:
    text = (ROOT / "docs" / "sweep.md").read_text(encoding="utf-8")
    assert page(text) == text
