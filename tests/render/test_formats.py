"""Each output says what the report says, in a form its reader accepts, whatever the model is called."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from sensorfit.render import github, junit, markdown, sarif
from sensorfit.render.json import render_outcomes
from sensorfit.report import change
from sensorfit.report.outcome import Outcome
from sensorfit.report.serialise import schema
from sensorfit.target import DEFAULT, load_target
from sensorfit.verify.catalogue import find

from ..made_reports import HOSTILE, finding, report

DATA = Path(__file__).parent.parent / "data" / "gate"


@pytest.fixture(scope="module")
def sarif_schema() -> dict[str, Any]:
    return json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def softmax(**changes: Any) -> Any:
    base = {
        "rule": "SF201",
        "op": "Softmax",
        "node": "/s",
        "severity": "warning",
        "support": "supported",
        "reason": "softmax",
    }
    return finding(**{**base, **changes})


def judged() -> list[Outcome]:
    """One model that fails, one that fits, one that cannot be read, one with a baseline."""
    bad = report(finding(), finding(node="/up/1"), softmax(), path="models/bad.onnx")
    old = change.entry(report(finding(), softmax(node="/gone", reason="other"), runtime=3_000_000))
    return [
        Outcome("models/bad.onnx", bad, exit_code=1),
        Outcome("models/good.onnx", report(path="models/good.onnx")),
        Outcome("models/odd one.onnx", None, error="models/odd one.onnx: is empty", exit_code=2),
        Outcome("models/known.onnx", bad, change=change.compare(old, bad), exit_code=1),
    ]


def hostile() -> list[Outcome]:
    """A model whose every string attacks."""
    names = {
        "node": HOSTILE,
        "op": HOSTILE,
        "tensor": HOSTILE,
        "message": HOSTILE,
        "reason": HOSTILE,
        "fix": HOSTILE,
    }
    then = change.entry(report(finding(**{**names, "rule": "SF109"})))
    found = report(finding(**names), path=HOSTILE, name=HOSTILE)
    return [
        Outcome(HOSTILE, found, exit_code=1, change=change.compare(then, found), reason=HOSTILE),
        Outcome(HOSTILE, None, error=HOSTILE, exit_code=2),
    ]


# --- SARIF ---


@pytest.mark.parametrize("outcomes", [judged, hostile, list], ids=["judged", "hostile", "none"])
def test_sarif_is_valid_against_the_official_schema(
    outcomes: Callable[[], list[Outcome]], sarif_schema: dict[str, Any]
) -> None:
    log = json.loads(sarif.render(outcomes()))
    jsonschema.Draft4Validator(sarif_schema, format_checker=jsonschema.FormatChecker()).validate(log)


def test_the_schema_refuses_what_is_no_sarif(sarif_schema: dict[str, Any]) -> None:
    log = json.loads(sarif.render(judged()))
    del log["runs"][0]["results"][0]["message"]
    assert not jsonschema.Draft4Validator(sarif_schema).is_valid(log)


def test_sarif_names_rule_node_fix_and_baseline() -> None:
    run = json.loads(sarif.render(judged()))["runs"][0]
    first = run["results"][0]
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert rule["id"] == first["ruleId"] == "SF101" and rule["name"] == "UnsupportedOperator"
    known = find("SF101")
    assert known is not None
    title = known.text(load_target(DEFAULT)).title
    assert rule["shortDescription"]["text"] == title
    assert title in rule["help"]["text"] and rule["help"]["markdown"].startswith("**SF101")
    assert first["level"] == "error"
    place = first["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "models/bad.onnx"
    assert place["logicalLocations"][0]["name"] == "/up/0"
    assert first["fixes"][0]["description"]["text"] == "drop the padding and crop with Slice"
    states = {
        (r["ruleId"], r["locations"][0]["logicalLocations"][0]["name"], r.get("baselineState"))
        for r in run["results"]
    }
    assert {
        ("SF101", "/up/0", "unchanged"),
        ("SF101", "/up/1", "new"),
        ("SF201", "/gone", "absent"),
    } <= states
    assert run["invocations"][0]["exitCode"] == 2
    assert (
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
        == "models/odd one.onnx: is empty"
    )
    assert run["artifacts"][2]["location"]["uri"] == "models/odd%20one.onnx"


def test_a_rule_that_nobody_describes_is_described_by_its_finding() -> None:
    run = json.loads(sarif.render([report(finding(rule="SF999"))]))["runs"][0]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "padding"
    assert "drop the padding" in rule["help"]["text"]


def test_sarif_fingerprints_tell_nodes_apart_and_stay() -> None:
    results = json.loads(sarif.render(judged()))["runs"][0]["results"]
    again = json.loads(sarif.render(judged()))["runs"][0]["results"]
    prints = [r["partialFingerprints"]["sensorfit/v1"] for r in results if "partialFingerprints" in r]
    assert len(set(prints)) == len(prints)
    assert prints == [r["partialFingerprints"]["sensorfit/v1"] for r in again if "partialFingerprints" in r]


# --- JUnit ---


def test_junit_counts_and_says_why() -> None:
    root = ElementTree.fromstring(junit.render(judged()))
    bad, good, odd, known = root
    assert {k: root.get(k) for k in ("failures", "errors")} == {"failures": "4", "errors": "1"}
    assert [(c.get("name"), c[0].tag) for c in bad.iter("testcase")] == [
        ("fits the sensor", "failure"),
        ("SF101 ConvTranspose at /up/0", "failure"),
        ("SF101 ConvTranspose at /up/1", "failure"),
        ("SF201 Softmax at /s", "system-out"),
    ]
    assert good.get("failures") == "0" and good.get("tests") == "1"
    assert odd.find("testcase/error") is not None
    tags = {c.get("name"): c[0].tag if len(c) else "passed" for c in known.iter("testcase")}
    assert tags["no figure is worse than the baseline"] == "passed"
    assert tags["SF101 ConvTranspose at /up/0"] == "skipped"
    assert tags["SF101 ConvTranspose at /up/1"] == "failure"
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(sum(c.find("failure") is not None for c in cases))


def test_junit_survives_hostile_names() -> None:
    document = junit.render(hostile())
    root = ElementTree.fromstring(document)
    assert len(root) == 2
    assert "\x1b" not in document and "\u202e" not in document


# --- Markdown ---


def test_markdown_reads_as_a_comment() -> None:
    text = markdown.render(judged())
    assert text.startswith(markdown.MARKER)
    assert "❌ 3 of 4 models fail the check" in text
    assert "| ❌ | <code>models/bad.onnx</code> | **does not fit** |" in text
    assert "**SF101** <code>ConvTranspose</code> ×2: padding" in text
    assert "**Fix:** drop the padding and crop with Slice" in text
    assert "<details>" in text and text.count("<details>") == text.count("</details>")
    assert "better than the baseline: memory" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {8}


def test_markdown_renders_hostile_names_as_text() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    text = markdown.render(hostile())
    html = markdown_it.MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    assert "<img" not in html and "<a " not in html
    assert "@octocat" not in re.sub(r"<code>.*?</code>", "", html, flags=re.S)
    assert html.count("<tr>") == 3  # the heading and one row a model
    assert html.count("<details>") == html.count("</details>")


def test_a_comment_is_never_longer_than_github_takes() -> None:
    many = [finding(node=f"/n/{i}", reason=f"reason {i}", message="m" * 400) for i in range(500)]
    outcomes = [Outcome(f"models/{i}.onnx", report(*many[i : i + 5]), exit_code=1) for i in range(400)]
    text = markdown.render(outcomes)
    assert len(text) < 65_536
    assert "left out" in text


# --- GitHub ---

LINE = re.compile(r"::(error|warning|notice) file=[^,:\n]+,line=1,title=[^,:\n]+::[^\n]*")


def test_github_annotates_the_models_file_errors_first() -> None:
    lines = github.render(judged()).splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    levels = [line[2:].split(" ")[0] for line in lines]
    assert levels == sorted(levels, key=["error", "warning", "notice"].index)
    assert any(
        "file=models/bad.onnx,line=1,title=SF101 ConvTranspose x2::padding%0AAt /up/0, /up/1.%0AFix" in line
        for line in lines
    )
    assert any("better than the baseline: memory" in line for line in lines)


def test_github_commands_cannot_be_forged_by_a_model() -> None:
    lines = github.render(hostile()).splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    assert not any("::error file=x" in line for line in lines)
    assert not any("##[" in line for line in lines)


# --- JSON ---


def test_one_models_json_is_the_contracts_object() -> None:
    found = json.loads(render_outcomes([judged()[0]]))
    jsonschema.validate(found, schema())
    assert found["verdict"] == "does_not_fit"
    assert found["gate"] == {"exit_code": 1, "fail_on": "error", "reason": ""}


def test_several_models_json_holds_each_object_and_the_errors() -> None:
    found = json.loads(render_outcomes(judged()))
    for each in found["models"]:
        jsonschema.validate(each, schema())
    assert found["summary"] == {"fits": 1, "does_not_fit": 2, "unknown": 0, "errors": 1, "exit_code": 2}
    assert found["errors"] == [
        {"path": "models/odd one.onnx", "message": "models/odd one.onnx: is empty", "exit_code": 2}
    ]
    change = found["models"][2]["gate"]["baseline"]
    assert [(f["rule"], f["node"]) for f in change["new"]] == [("SF101", "/up/1"), ("SF201", "/s")]
    assert [f["name"] for f in change["better"]] == ["total_bytes"]


# --- all ---


@pytest.mark.parametrize(
    "module", [sarif, junit, markdown, github], ids=lambda m: m.__name__.rsplit(".", 1)[1]
)
def test_a_bare_report_renders_as_an_outcome_would(module: Any) -> None:
    bare = report(finding())
    assert module.render([bare]) == module.render([Outcome(bare.model.path, bare, exit_code=1)])


@pytest.mark.parametrize(
    "module", [sarif, junit, markdown, github], ids=lambda m: m.__name__.rsplit(".", 1)[1]
)
def test_an_output_is_the_same_every_time(module: Any) -> None:
    assert module.render(judged()) == module.render([replace(o) for o in judged()])
