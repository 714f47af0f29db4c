"""A second device is a second folder of facts: every command answers for it, and no number of the first stands in code."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

import sensorfit.latency.session
import sensorfit.target
from sensorfit.cli import group
from sensorfit.errors import ConfigError, Refused
from sensorfit.latency.candidates import filled
from sensorfit.latency.session import BEGIN, END
from sensorfit.models.net import Net
from sensorfit.target import DEFAULT, load_target, target_names

from .conftest import ROOT

BUDGET, CLOCK = 1_000_000, 100_000_000


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network whose weights alone take 1.3 MB, in a directory where a copy of the facts with a smaller budget and clock is a target, too."""
    rules = tmp_path / "rules"
    shutil.copytree(ROOT / "rules" / DEFAULT, rules / DEFAULT)
    shutil.copytree(ROOT / "rules" / DEFAULT, rules / "tiny")
    facts = rules / "tiny" / "target.toml"
    text = facts.read_text(encoding="utf-8")
    imx500 = load_target(DEFAULT)
    for old, new in ((imx500.budget_bytes, BUDGET), (imx500.clock_hz, CLOCK)):
        assert text.count(f"= {old}\n") == 1
        text = text.replace(f"= {old}\n", f"= {new}\n")
    facts.write_text(text, encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    onnx.save(filled(Net("wide", 3, 64, 64).conv(384).conv(384).model()), work / "wide.onnx")
    monkeypatch.setattr(sensorfit.target, "_rules", lambda: rules)
    monkeypatch.chdir(work)
    load_target.cache_clear()
    yield work / "wide.onnx"
    load_target.cache_clear()


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(group, words, catch_exceptions=False)
    return found.exit_code, found.stdout


@pytest.mark.parametrize("how", ["option", "configuration"])
def test_every_command_answers_for_the_target_asked_for(how: str, small: Path) -> None:
    asked = ["--target", "tiny"]
    if how == "configuration":
        small.with_name("sensorfit.toml").write_text('target = "tiny"\n', encoding="utf-8")
        asked = []
    name = small.name
    code, text = run("check", name, "--format", "json", *asked)
    report = json.loads(text)
    assert code == 1 and report["memory"]["budget_bytes"] == BUDGET and report["verdict"] == "does_not_fit"
    assert report["latency"]["clock_hz"] == CLOCK and report["target"]["name"] == "tiny"
    code, text = run("explain", name, "--format", "json", *asked)
    assert code == 1 and "TINY" in json.loads(text)["headline"] and f'"budget_bytes": {BUDGET}' in text
    _, text = run("compare", name, "picosam3", "--format", "json", *asked)
    table = json.loads(text)
    assert (table["target"]["name"], table["target"]["budget_bytes"]) == ("tiny", BUDGET)
    assert [row["verdicts"]["converter"] for row in table["rows"]] == ["does_not_fit", "does_not_fit"]
    _, text = run("diff", name, name, "--format", "json", *asked)
    assert json.loads(text)["new"]["verdict"] == "does_not_fit"
    code, text = run("fix", name, "-o", "fixed.onnx", *asked)
    assert code == 0 and "DOES NOT FIT" in text and "Next: sensorfit check fixed.onnx --target tiny\n" in text
    code, text = run("fix", name, "-o", "fixed.onnx", "--format", "json", *asked)
    assert code == 0 and json.loads(text)["after"]["verdict"] == "does_not_fit"
    assert run("check", name, "--target", DEFAULT)[0] == 0
    assert f"{BUDGET:,} bytes" in run("rules", "OutOfMemory", *asked)[1]


@pytest.mark.heavy  # imports torch
def test_a_build_answers_for_the_target_asked_for(small: Path) -> None:
    with pytest.raises(Refused, match=f"of {BUDGET:,} B.*sensorfit check {small.name} --target tiny"):
        run("build", small.name, "--target", "tiny")


def test_init_writes_the_target_asked_for_and_no_other_over_it(small: Path) -> None:
    with pytest.raises(ConfigError, match="there is no target 'huge'"):
        run("init", "--target", "huge")
    config = small.with_name("sensorfit.toml")
    assert not config.exists()
    assert run("init", "--target", "tiny")[0] == 0
    assert 'target = "tiny"\n' in config.read_text(encoding="utf-8")
    baseline = json.loads(small.with_name("sensorfit-baseline.json").read_text(encoding="utf-8"))
    assert '"does_not_fit"' in json.dumps(baseline)
    with pytest.raises(ConfigError, match=f'names another target: set target = "{DEFAULT}" in it'):
        run("init", "--target", DEFAULT)


def test_calibrating_another_target_leaves_the_page_of_the_first(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = small.parents[1]
    monkeypatch.setattr(sensorfit.latency.session, "__file__", str(checkout / "sensorfit/latency/session.py"))
    page = checkout / "docs" / "latency.md"
    page.parent.mkdir()
    page.write_text(f"{BEGIN}\nof the first\n{END}\n", encoding="utf-8")
    code, text = run("calibrate", "--target", "tiny", "--write")
    assert code == 0 and text.endswith("Wrote latency.toml.\n") and "of the first" in page.read_text("utf-8")
    assert 'target = "tiny"\n' in (checkout / "rules/tiny/latency.toml").read_text(encoding="utf-8")


def test_models_of_different_targets_are_no_one_table(small: Path) -> None:
    small.with_name("sensorfit.toml").write_text(
        f'[[models]]\npath = "{small.name}"\ntarget = "tiny"\nreason = "another board"\n', encoding="utf-8"
    )
    code, _ = run("check", small.name)
    assert code == 1
    with pytest.raises(ConfigError, match=r"different targets \(tiny, imx500\): choose one with --target"):
        run("compare", small.name, "picosam3")


def test_an_unknown_target_names_those_there_are(small: Path) -> None:
    assert target_names() == (DEFAULT, "tiny")
    for name in ("huge", "../imx500", ""):
        with pytest.raises(ConfigError, match="choose from imx500, tiny"):
            load_target(name)


def test_no_number_of_the_device_stands_outside_its_facts() -> None:
    target = load_target(DEFAULT)
    numbers = {
        target.budget_bytes,
        target.mac_units,
        target.clock_hz,
        target.clock_hz / 1e6,
        *target.max_input,
    }
    found = []
    for file in (*(ROOT / "sensorfit").rglob("*.py"), *(ROOT / "rules").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Constant) and (node.value in numbers or node.value == DEFAULT)
            if named and not isinstance(getattr(node, "value", None), bool):
                found.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert [place for place in found if not place.startswith("sensorfit/target.py")] == []
