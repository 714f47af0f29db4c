"""Every rule's own examples, and the shape of the rulebook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sensorfit
from sensorfit.convert.frontend import Confirmation
from sensorfit.errors import ConfigError
from sensorfit.gate.budgets import budget_findings
from sensorfit.gate.config import read_config
from sensorfit.verify.book import FAMILIES, NAMES, asked, texts
from sensorfit.verify.confirmation import apply_confirmation
from sensorfit.verify.engine import front_end_verdict, rules
from sensorfit.verify.rule import CODES, graph_rule, parse

from .text import findings, model

RULES = {r.id: r for r in rules()}


@pytest.mark.parametrize("id", sorted(RULES))
def test_the_failing_example_of_a_rule_fails_it(id: str) -> None:
    assert any(f.rule == id for f in findings(RULES[id].text.fails))


@pytest.mark.parametrize("id", sorted(RULES))
def test_the_passing_example_of_a_rule_passes_it(id: str) -> None:
    said = findings(RULES[id].text.passes)
    assert not [f for f in said if f.rule == id]
    assert not [f for f in said if f.support == "unsupported"]


OF_A_REPORT = [id for id in sorted(texts()) if id not in RULES and not id.startswith("SF6") and id != "SF122"]
"""Rules about memory and latency: they look at what was counted."""


@pytest.mark.parametrize("id", OF_A_REPORT)
def test_a_report_on_the_failing_example_has_the_finding_and_on_the_passing_one_not(id: str) -> None:
    fails, passes = (sensorfit.check(model(example)) for example in (texts()[id].fails, texts()[id].passes))
    assert id in {f.rule for f in fails.findings}
    assert id not in {f.rule for f in passes.findings}
    assert passes.verdict == "fits"


@pytest.mark.parametrize("id", [id for id in sorted(texts()) if id.startswith("SF6")])
def test_a_budget_is_broken_by_the_failing_example_and_kept_by_the_passing_one(
    id: str, tmp_path: Path
) -> None:
    for example, broken in ((texts()[id].fails, True), (texts()[id].passes, False)):
        table, _, command = example.rpartition("\n\n")
        (tmp_path / "sensorfit.toml").write_text(table, encoding="utf-8")
        report = sensorfit.check(command.split()[-1])
        found = budget_findings(report, read_config(tmp_path / "sensorfit.toml").policy.budgets)
        assert (id in {f.rule for f in found}) == broken


def test_the_converters_other_answer_is_the_finding() -> None:
    for example, differs in ((texts()["SF122"].fails, True), (texts()["SF122"].passes, False)):
        ours, theirs = example.split()[-2:]
        assert ours == front_end_verdict(()) == "accepted"
        answer = Confirmation(theirs, "", (), (), None, 0.1)
        assert any(f.rule == "SF122" for f in apply_confirmation((), answer)) == differs


@pytest.mark.parametrize("id", sorted(texts()))
def test_a_rule_has_a_title_a_rationale_and_a_way_out(id: str) -> None:
    text = texts()[id]
    assert text.title and not text.title.endswith(".")
    assert len(text.rationale) > 20
    assert text.fails and text.passes
    assert text.fix


def test_ids_are_of_a_known_family() -> None:
    assert all(id[:3] in FAMILIES and re.fullmatch(r"SF\d{3}", id) for id in texts())


def test_every_rule_has_a_short_name_of_its_own() -> None:
    assert NAMES.keys() == texts().keys()
    assert len(set(NAMES.values())) == len(NAMES)
    assert all(re.fullmatch(r"([A-Z][a-z]+){1,4}", name) for name in NAMES.values())


@pytest.mark.parametrize(
    ("word", "ids"),
    [("SF201", ["SF201"]), ("sf20", ["SF201", "SF202"]), ("softmax", ["SF201"]), ("BatchAxis", ["SF107"])],
)
def test_a_rule_is_asked_for_by_id_family_or_name(word: str, ids: list[str]) -> None:
    assert list(asked(word)) == ids


@pytest.mark.parametrize(
    ("word", "near"), [("softmx", "Softmax"), ("SF2O1", "SF201"), ("batch-axis", "BatchAxis")]
)
def test_an_unknown_rule_is_answered_with_the_nearest(word: str, near: str) -> None:
    with pytest.raises(ConfigError, match=f"there is no rule '{word}': did you mean '{near}'"):
        asked(word)


@pytest.mark.parametrize("word", ["", "xyzzy", "SF999", "sf7"])
def test_a_word_that_is_near_nothing_is_told_where_the_rules_are(word: str) -> None:
    with pytest.raises(ConfigError, match="`sensorfit rules` lists them"):
        asked(word)


@pytest.mark.parametrize("id", sorted(RULES))
def test_a_finding_says_where_why_and_what_to_do(id: str) -> None:
    for f in findings(RULES[id].text.fails):
        assert f.message and f.reason and f.fix
        assert f.evidence.startswith("imx500-converter")
        assert f.converter_code in CODES
        assert (f.severity == "error") == (f.support == "unsupported") or f.severity == "info"


def test_an_error_always_names_a_code_of_the_converter() -> None:
    for r in RULES.values():
        assert all(f.converter_code for f in findings(r.text.fails) if f.severity == "error")


def test_two_rules_cannot_share_an_id() -> None:
    with pytest.raises(ValueError, match="two rules are called SF201"):
        graph_rule("SF201")(_another)


def test_a_rule_for_nodes_keeps_its_operators() -> None:
    assert RULES["SF112"].ops == ("ConvTranspose",)


def test_a_docstring_comes_apart_into_its_parts() -> None:
    text = parse(
        "Title.\n\n    Why.\n\n    Fails:\n        a\n          b\n\n    Passes:\n        c\n\n    Fix: do\n    it."
    )
    assert (text.title, text.rationale, text.fails, text.passes, text.fix) == (
        "Title",
        "Why.",
        "a\n  b",
        "c",
        "do it.",
    )


def _another(graph: object, target: object) -> list[object]:
    """Another rule."""
    return []
