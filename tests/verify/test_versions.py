"""Every known version of the converter: its recorded answers, and how a version is asked for."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

from sensorfit.api import check, load_target
from sensorfit.cli import group
from sensorfit.errors import ConfigError
from sensorfit.graph.load import load
from sensorfit.target import Target, converter_versions, read_facts
from sensorfit.verify.engine import front_end_verdict, verify
from tools.probes import versions
from tools.probes.ask import answers
from tools.probes.versions import recorded

from ..conftest import model_of

OLDER = converter_versions("imx500")[1:]
MOST_OTHERWISE_REFUSED = 0.025
"""Share of the graphs that we refuse with another code than an old version does, or that crash only newer ones."""
SAMPLE = 40
"""Every so manieth of the probes without a difference is asked, too."""


@cache
def graphs() -> dict[str, onnx.ModelProto]:
    return versions.graphs()


@cache
def newest() -> versions.Answers:
    return versions.newest(answers())


def judged(name: str, target: Target) -> str:
    return front_end_verdict(verify(load(graphs()[name], name), target))


@pytest.mark.parametrize("version", OLDER)
def test_the_verdict_of_an_older_version_is_its_own(version: str) -> None:
    differ, same = recorded(version), newest()
    target = load_target(converter=version)
    assert differ and differ.keys() <= same.keys()
    asked = {**{name: same[name] for name in sorted(same)[::SAMPLE]}, **differ}
    ours = {n: judged(n, target) for n in asked}
    accepted = {n for n, v in ours.items() if v == "accepted"}
    assert accepted <= {n for n, a in asked.items() if a["verdict"] == "accepted"}, (
        "an older version refuses it"
    )
    others = {n for n, v in ours.items() if v != asked[n]["verdict"]}
    assert len(others) <= MOST_OTHERWISE_REFUSED * len(asked)


@pytest.mark.parametrize("version", OLDER)
def test_the_newest_version_answers_otherwise_where_an_older_one_is_recorded_to(version: str) -> None:
    target = load_target()
    for name, answer in recorded(version).items():
        assert judged(name, target) != answer["verdict"] != newest()[name]["verdict"]


def test_a_version_is_named_in_full_or_by_its_beginning() -> None:
    assert load_target(converter="3.18") == load_target(converter="3.18.2") != load_target()
    assert load_target(converter=converter_versions("imx500")[0]) == load_target()
    assert check("picosam3", converter="3.18").to_dict()["target"]["converter"] == "imx500-converter 3.18.2"
    for unknown in ("3.1", "4", "newest"):
        with pytest.raises(
            ConfigError, match=f"'{unknown}': choose from {', '.join(converter_versions('imx500'))}$"
        ):
            load_target(converter=unknown)


def test_the_option_and_the_configuration_choose_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx.save(graphs()["act_sin"], tmp_path / "sin.onnx")
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    codes = [run(group, ["check", "sin.onnx", *o]).exit_code for o in ([], ["--converter", "3.16"])]
    assert codes == [0, 1]
    (tmp_path / "sensorfit.toml").write_text('converter = "3.16"\n', encoding="utf-8")
    found = json.loads(run(group, ["check", "sin.onnx", "--format", "json"]).stdout)
    assert found["target"]["converter"].endswith(" 3.16.1") and found["verdict"] == "does_not_fit"
    (tmp_path / "sensorfit.toml").write_text('converter = "2.0"\n', encoding="utf-8")
    failed = run(group, ["check", "sin.onnx"])
    assert isinstance(failed.exception, ConfigError)
    assert "sensorfit.toml: converter: there are no facts of converter version '2.0'" in str(failed.exception)


def test_a_gelu_spelled_out_is_judged_as_the_gelu_of_the_version() -> None:
    body = (
        "agraph (float[1,16,32,32] x) => (float[1,16,32,32] y) <float r = {1.4142135}, float one = {1.0}, float half = {0.5}>"
        " { a = Div (x, r) b = Erf (a) c = Add (b, one) d = Mul (x, c) y = Mul (d, half) }"
    )
    model = model_of(body)
    assert check(model, converter="3.16").verdict == "fits"
    old = check(model, converter="3.14")
    assert old.verdict == "does_not_fit" and "1.702" in next(f for f in old.findings if f.op == "Erf").fix


@pytest.mark.parametrize("version", converter_versions("imx500"))
def test_a_build_exports_at_an_opset_that_the_version_reads(version: str) -> None:
    reading = read_facts("operators", load_target(converter=version))["reading"]
    assert reading["opsets"][0] <= reading["opset_exported"] <= reading["opsets"][1]
