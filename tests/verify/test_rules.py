"""Every rule's own examples, and the shape of the rulebook."""

from __future__ import annotations

import re

import pytest

from sensorfit.verify.book import FAMILIES, texts
from sensorfit.verify.engine import rules
from sensorfit.verify.rule import CODES, Rule, graph_rule, parse, rule

from .text import findings

RULES = {r.id: r for r in rules()}
ADVISORY = {"SF101", "SF102"}


@pytest.mark.parametrize("id", sorted(RULES))
def test_the_failing_example_of_a_rule_fails_it(id: str) -> None:
    assert any(f.rule == id for f in findings(RULES[id].text.fails))


@pytest.mark.parametrize("id", sorted(i for i, r in RULES.items() if r.text.passes))
def test_the_passing_example_of_a_rule_passes_it(id: str) -> None:
    said = findings(RULES[id].text.passes)
    assert not [f for f in said if f.rule == id]
    assert not [f for f in said if f.support == "unsupported"]


@pytest.mark.parametrize("id", sorted(texts()))
def test_a_rule_has_a_title_a_rationale_and_a_way_out(id: str) -> None:
    text = texts()[id]
    assert text.title and not text.title.endswith(".")
    assert len(text.rationale) > 20
    assert text.fix


def test_ids_are_of_a_known_family() -> None:
    assert all(id[:3] in FAMILIES and re.fullmatch(r"SF\d{3}", id) for id in texts())


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
    assert isinstance(RULES["SF112"], Rule)
    assert rule is not None


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
