"""Every rule's own examples, and the catalogue of rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sensorfit
from sensorfit.convert.frontend import Confirmation
from sensorfit.errors import ConfigError
from sensorfit.gate.config import read_config
from sensorfit.rules.budgets import findings as budget_findings
from sensorfit.target import DEFAULT, load_target, read_facts
from sensorfit.verify.catalogue import find, require_rules, rules, texts
from sensorfit.verify.confirmation import apply_confirmation
from sensorfit.verify.engine import front_end_verdict
from sensorfit.verify.family import FAMILIES, FLAGGED, OPERATORS
from sensorfit.verify.rule import CODES, REGISTRY, SCOPES, Scope, rule
from sensorfit.verify.text import fill, parse

from .text import findings, model

TARGET = load_target(DEFAULT)
TEXTS = texts(TARGET)
RULES = {r.id: r for r in rules("node", "graph", "file")}
"""Rules about the network: an example is a graph."""


def ids(*scopes: Scope) -> list[str]:
    return [r.id for r in rules(*scopes)]


@pytest.mark.parametrize("id", sorted(RULES))
def test_the_failing_example_of_a_rule_fails_it(id: str) -> None:
    assert any(f.rule == id for f in findings(TEXTS[id].fails))


@pytest.mark.parametrize("id", sorted(RULES))
def test_the_passing_example_of_a_rule_passes_it(id: str) -> None:
    said = findings(TEXTS[id].passes)
    assert not [f for f in said if f.rule == id]
    assert not [f for f in said if f.support == "unsupported"]


@pytest.mark.parametrize("id", ids("memory", "latency"))
def test_a_report_on_the_failing_example_has_the_finding_and_on_the_passing_one_not(id: str) -> None:
    fails, passes = (sensorfit.check(model(example)) for example in (TEXTS[id].fails, TEXTS[id].passes))
    assert id in {f.rule for f in fails.findings}
    assert id not in {f.rule for f in passes.findings}
    assert passes.verdict == "fits"


@pytest.mark.parametrize("id", ids("budget"))
def test_a_budget_is_broken_by_the_failing_example_and_kept_by_the_passing_one(
    id: str, tmp_path: Path
) -> None:
    for example, broken in ((TEXTS[id].fails, True), (TEXTS[id].passes, False)):
        table, _, command = example.rpartition("\n\n")
        (tmp_path / "sensorfit.toml").write_text(table, encoding="utf-8")
        report = sensorfit.check(command.split()[-1])
        found = budget_findings(report, read_config(tmp_path / "sensorfit.toml").policy.budgets)
        assert (id in {f.rule for f in found}) == broken


def test_the_converters_other_answer_is_the_finding() -> None:
    for example, differs in ((TEXTS["SF122"].fails, True), (TEXTS["SF122"].passes, False)):
        ours, theirs = example.split()[-2:]
        assert ours == front_end_verdict(()) == "accepted"
        answer = Confirmation(theirs, "", (), (), None, 0.1)
        assert any(f.rule == "SF122" for f in apply_confirmation((), answer)) == differs


@pytest.mark.parametrize("id", sorted(TEXTS))
def test_a_rule_has_a_title_a_rationale_and_a_way_out(id: str) -> None:
    text = TEXTS[id]
    assert text.title and not text.title.endswith(".")
    assert len(text.rationale) > 20
    assert text.fails and text.passes
    assert text.fix


def test_every_scope_and_every_family_has_rules() -> None:
    assert {r.scope for r in rules()} == set(SCOPES)
    assert {r.family for r in rules()} == set(FAMILIES)


def test_no_two_rules_share_a_name() -> None:
    assert len({r.name.lower() for r in rules()}) == len(rules())


def test_a_finding_knows_what_its_rule_is_about() -> None:
    for id, known in RULES.items():
        for f in findings(TEXTS[id].fails):
            if f.rule == id:
                assert f.family == known.family.tag
                assert f.about_operator == (bool(f.node) and known.family in (OPERATORS, FLAGGED))
                assert f.about_graph != f.about_operator and not f.about_memory


@pytest.mark.parametrize(
    ("word", "ids"),
    [("SF201", ["SF201"]), ("sf20", ["SF201", "SF202"]), ("softmax", ["SF201"]), ("BatchAxis", ["SF107"])],
)
def test_a_rule_is_asked_for_by_id_family_or_name(word: str, ids: list[str]) -> None:
    assert list(require_rules(word)) == ids


@pytest.mark.parametrize(
    ("word", "near"), [("softmx", "Softmax"), ("SF2O1", "SF201"), ("batch-axis", "BatchAxis")]
)
def test_an_unknown_rule_is_answered_with_the_nearest(word: str, near: str) -> None:
    with pytest.raises(ConfigError, match=f"there is no rule '{word}': did you mean '{near}'"):
        require_rules(word)


def test_the_id_of_a_rewrite_is_said_to_be_one() -> None:
    with pytest.raises(ConfigError, match="that is a rewrite; `sensorfit fix --list` lists them"):
        require_rules("RW121")


@pytest.mark.parametrize("word", ["", "xyzzy", "SF999", "sf7"])
def test_a_word_that_is_near_nothing_is_told_where_the_rules_are(word: str) -> None:
    with pytest.raises(ConfigError, match="`sensorfit rules` lists them"):
        require_rules(word)


@pytest.mark.parametrize("id", sorted(RULES))
def test_a_finding_says_where_why_and_what_to_do(id: str) -> None:
    for f in findings(TEXTS[id].fails):
        assert f.message and f.reason and f.fix
        assert f.evidence.startswith("imx500-converter")
        assert f.converter_code in CODES
        assert (f.severity == "error") == (f.support == "unsupported") or f.severity == "info"


def test_an_error_always_names_a_code_of_the_converter() -> None:
    for r in RULES.values():
        assert all(f.converter_code for f in findings(TEXTS[r.id].fails) if f.severity == "error")


@pytest.mark.parametrize(
    ("declared", "missing"),
    [
        (
            ("SF199", "", OPERATORS, "graph"),
            r"rule SF199 \(.*_another\) needs a name .* such as 'OutOfMemory'",
        ),
        (("SF199", "two words", OPERATORS, "graph"), "needs a name .* not 'two words'"),
        (("SF199", "Another", None, "graph"), "needs a family whose ids begin like its own: SF1xx operators"),
        (("SF199", "Another", FLAGGED, "graph"), "needs a family whose ids begin like its own"),
        (("SF199", "Another", OPERATORS, "tensor"), "needs a scope of node, graph, .* not 'tensor'"),
        (("SF199", "Another", OPERATORS), "a rule of scope node lists its operators"),
        (("SF201", "Another", FLAGGED, "graph"), "has the id of rule SF201 Softmax"),
        (("SF199", "Softmax", OPERATORS, "graph"), "has the name of rule SF201 Softmax"),
    ],
)
def test_an_incomplete_declaration_is_refused_with_a_sentence(
    declared: tuple[Any, ...], missing: str
) -> None:
    with pytest.raises(ValueError, match=missing):
        rule(*declared)(_another)
    assert "SF199" not in REGISTRY and REGISTRY["SF201"].name == "Softmax"


def test_a_text_takes_the_devices_numbers_from_its_facts() -> None:
    shown = fill(
        "${target.memory.budget_bytes:,} B, ${operators.operators.Pow.exponents}, ${operators.reading.opsets.1}",
        TARGET,
    )
    assert shown == f"{TARGET.budget_bytes:,} B, 0.5, 1 and 2, 20"
    with pytest.raises(KeyError, match=r"rules/imx500/target.toml has no 'budget' there"):
        fill("${target.memory.budget}", TARGET)


def test_no_number_of_the_device_is_written_out_in_a_rules_prose() -> None:
    numbers = {
        n
        for table in ("target", "operators", "memory")
        for n in _numbers(read_facts(table, TARGET))
        if n >= 100
    }
    assert {TARGET.budget_bytes, 16383, 640} <= numbers
    for known in rules():
        written = parse(known.check.__doc__ or "")
        prose = f"{written.title} {written.rationale} {written.fix}"
        assert not numbers & {int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", prose)}, known.id


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)


def test_a_rule_for_nodes_keeps_its_operators() -> None:
    known = find("SF112")
    assert known is not None and known.ops == ("ConvTranspose",)


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
