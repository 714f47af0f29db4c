"""A baseline accepts what was there, recognises it again, and lets nothing new or worse through."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sensorfit.errors import ConfigError
from sensorfit.gate import baseline
from sensorfit.gate.run import against
from sensorfit.report.change import compare, entry
from sensorfit.report.outcome import Change, Outcome
from sensorfit.report.report import Report

from ..made_reports import finding, report


def compared(then: Report, now: Report, fail_on: str = "error") -> Outcome:
    record = json.loads(json.dumps(entry(then)))
    outcome = Outcome(
        "m.onnx", now, exit_code=now.exit_code(fail_on), fail_on=fail_on, change=compare(record, now)
    )
    return replace(outcome, exit_code=baseline.judge(outcome))


def change(outcome: Outcome) -> Change:
    assert outcome.change is not None
    return outcome.change


def test_the_same_model_passes_although_it_does_not_fit() -> None:
    outcome = compared(report(finding()), report(finding()))
    assert outcome.exit_code == 0
    assert change(outcome).new == () and change(outcome).gone == ()


def test_the_order_of_findings_does_not_matter() -> None:
    one, two = finding(), finding(node="/up/1", shape=(1, 4, 8, 8))
    assert entry(report(one, two)) == entry(report(two, one))
    assert change(compared(report(one, two), report(two, one))).new == ()


def test_a_new_finding_fails_and_a_new_warning_does_not() -> None:
    extra = finding(
        rule="SF201", op="Softmax", node="/s", reason="softmax", severity="warning", support="supported"
    )
    assert compared(report(finding()), report(finding(), extra)).exit_code == 0
    assert compared(report(finding()), report(finding(), extra), fail_on="warning").exit_code == 1
    other = finding(node="/up/7")
    outcome = compared(report(finding()), report(finding(), other))
    assert outcome.exit_code == 1
    assert change(outcome).new == (other,)


@pytest.mark.parametrize(
    "changes", [{"node": "/renamed"}, {"shape": (1, 8, 6, 6)}, {"message": "said in other words"}]
)
def test_a_renamed_or_resized_node_is_recognised(changes: dict[str, object]) -> None:
    outcome = compared(report(finding()), report(finding(**changes)))
    assert change(outcome).new == ()
    assert outcome.exit_code == 0


@pytest.mark.parametrize("changes", [{"reason": "group"}, {"op": "Conv"}, {"rule": "SF102"}])
def test_another_operator_reason_or_rule_at_the_same_node_is_new(changes: dict[str, object]) -> None:
    outcome = compared(report(finding()), report(finding(**changes)))
    assert len(change(outcome).new) == 1 and len(change(outcome).gone) == 1
    assert outcome.exit_code == 1


def test_a_finding_counts_as_often_as_it_was_recorded() -> None:
    twins = [finding(node=f"/up/{i}") for i in range(3)]
    outcome = compared(report(*twins[:2]), report(*twins))
    assert change(outcome).new == (twins[2],)


def test_a_finding_that_became_more_severe_is_new() -> None:
    mild = finding(severity="warning", support="supported")
    assert compared(report(mild), report(finding(support="supported"))).exit_code == 1
    assert compared(report(finding(support="supported")), report(mild)).exit_code == 0


def test_a_figure_that_grew_fails_and_one_that_shrank_is_told() -> None:
    worse = compared(report(), report(runtime=1_000_001))
    assert worse.exit_code == 1
    assert [f.name for f in change(worse).grown] == ["total_bytes"]
    better = compared(report(runtime=2_000_000), report())
    assert better.exit_code == 0
    assert [f.name for f in change(better).shrunk] == ["total_bytes"]


def test_a_verdict_that_got_worse_fails() -> None:
    unknown = finding(support="unknown", severity="warning")
    assert compared(report(), report(unknown)).exit_code == 1
    assert compared(report(finding()), report(unknown)).exit_code == 0


def test_what_is_gone_is_told() -> None:
    outcome = compared(report(finding()), report())
    assert outcome.exit_code == 0
    assert [record["rule"] for record in change(outcome).gone] == ["SF101"]


def test_a_model_the_baseline_does_not_know_is_judged_as_without_one(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(path, [("old.onnx", report())])
    bad, good = against(
        [Outcome("new.onnx", report(finding()), exit_code=1), Outcome("new2.onnx", report())], path
    )
    assert (bad.exit_code, good.exit_code) == (1, 0)
    assert not change(bad).known


def test_models_are_known_by_their_path_from_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.onnx").write_bytes(b"x")
    path = tmp_path / "baseline.json"
    monkeypatch.chdir(tmp_path)
    baseline.write(path, [("models/a.onnx", report(finding()))])
    assert list(baseline.read(path)) == ["models/a.onnx"]
    monkeypatch.chdir(tmp_path / "models")
    (outcome,) = against([Outcome("a.onnx", report(finding()), exit_code=1)], path)
    assert outcome.exit_code == 0


def test_an_unusable_model_stays_unusable(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(path, [])
    (outcome,) = against([Outcome("m.onnx", None, error="m.onnx: is empty", exit_code=2)], path)
    assert outcome.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"models": []}',
        '{"models": {"a": {}}}',
        '{"schema_version": "2.0", "models": {}}',
        "[" * 5000,
    ],
)
def test_what_is_no_baseline_is_refused_with_the_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="--write-baseline"):
        baseline.read(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "baseline.json"
    baseline.write_text(path, "old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ConfigError, match="No space left"):
        baseline.write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
