"""What the converter's answer does to the findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sensorfit.convert.frontend import Confirmation
from sensorfit.render.console import print_confirmation
from sensorfit.render.screen import recorded
from sensorfit.report.next_step import last_line
from sensorfit.report.outcome import Outcome
from sensorfit.verify.catalogue import find
from sensorfit.verify.confirmation import apply_confirmation
from sensorfit.verify.finding import Finding

from ..made_reports import report


def answer(verdict: str, code: str = "", memory: dict[str, Any] | None = None) -> Confirmation:
    return Confirmation(verdict, code, (), ("Only last axis is supported",) if code else (), memory, 1.0)


def finding(rule: str, support: Any, code: str = "") -> Finding:
    known = find(rule)
    assert known is not None
    return Finding(
        rule,
        "error",
        "n",
        "Op",
        "m",
        "f",
        "e",
        "inferred",
        "",
        support,
        converter_code=code,
        family=known.family.tag,
    )


UNKNOWN = finding("SF102", "unknown")
REFUSED = finding("SF105", "unsupported", "INVOP")
OVER = finding("SF301", "unknown")


def test_agreement_changes_nothing() -> None:
    assert apply_confirmation((), answer("accepted")) == ()
    assert apply_confirmation((REFUSED,), answer("invalid_operator", "INVOP")) == (REFUSED,)


def test_a_refusal_we_did_not_predict_is_an_error_that_does_not_fit() -> None:
    first, *rest = apply_confirmation((UNKNOWN,), answer("invalid_operator", "INVOP"))
    assert (first.rule, first.severity, first.support) == ("SF122", "error", "unsupported")
    assert "Only last axis is supported" in first.message
    assert rest == [UNKNOWN]


def test_an_acceptance_settles_an_unknown_operator_but_not_the_memory() -> None:
    operator, memory = apply_confirmation((UNKNOWN, OVER), answer("accepted"))
    assert (operator.severity, operator.support, operator.basis) == ("info", "supported", "measured")
    assert memory == OVER


def test_an_acceptance_with_bytes_settles_the_memory_too() -> None:
    (memory,) = apply_confirmation((OVER,), answer("accepted", memory={"fits": True}))
    assert memory.support == "supported"


def test_a_memory_report_that_does_not_fit_settles_it_the_other_way() -> None:
    (memory,) = apply_confirmation((OVER,), answer("does_not_fit", "ISM"))
    assert memory.support == "unsupported"


def test_an_acceptance_of_what_we_refuse_is_named_and_our_verdict_stands() -> None:
    first, rest = apply_confirmation((REFUSED,), answer("accepted"))
    assert (first.rule, first.support) == ("SF122", "supported")
    assert rest == REFUSED


def test_nodes_without_a_name_count_for_the_raw_file_not_for_the_copy_that_is_shown() -> None:
    unnamed = finding("SF512", "supported", "EXEC")
    assert apply_confirmation((unnamed,), answer("accepted")) == (unnamed,)
    first, _ = apply_confirmation((unnamed,), answer("execution_error", "EXEC"))
    assert (first.rule, first.support) == ("SF122", "unsupported")


def test_a_crash_behind_the_front_end_that_we_foresaw_is_agreement() -> None:
    crash = finding("SF123", "unsupported", "GE")
    assert apply_confirmation((crash,), answer("execution_error", "GE")) == (crash,)
    assert apply_confirmation((crash,), answer("accepted")) == (crash,)
    assert apply_confirmation((REFUSED,), answer("execution_error", "GE")) == (REFUSED,)
    assert apply_confirmation((), answer("execution_error", "GE"))[0].rule == "SF122"


def test_both_refuse_but_other_nodes() -> None:
    theirs = replace(answer("invalid_operator", "INVOP"), nodes=("n", "a", "b", "c", "d"))
    first, rest = apply_confirmation((REFUSED,), theirs)
    assert (first.rule, first.severity, first.support) == ("SF122", "warning", "supported")
    assert "it refuses a, b, c and 1 more, which no finding names" in first.message
    assert rest == REFUSED
    assert apply_confirmation((REFUSED,), replace(theirs, nodes=("n",))) == (REFUSED,)
    first, rest = apply_confirmation((REFUSED, replace(REFUSED, node="m")), replace(theirs, nodes=("n",)))[:2]
    assert "it does not refuse m" in first.message


def test_nodes_of_a_copy_that_had_to_be_named_are_not_compared() -> None:
    unnamed = finding("SF512", "supported", "EXEC")
    assert apply_confirmation(
        (unnamed, REFUSED), replace(answer("invalid_operator", "INVOP"), nodes=("x",))
    ) == (
        unnamed,
        REFUSED,
    )


def test_a_refusal_that_was_feared_settles_what_it_names() -> None:
    feared, other = (
        replace(UNKNOWN, converter_code="USOP"),
        replace(UNKNOWN, converter_code="USOP", node="n2", op="Other"),
    )
    said = Confirmation("unsupported_operator", "USOP", ("Op",), (), None, 1.0)
    first, second = apply_confirmation((feared, other), said)
    assert (first.severity, first.support, first.basis) == ("error", "unsupported", "measured")
    assert "--confirm" not in first.fix and second == other
    unnamed = apply_confirmation((feared, other), replace(said, operators=()))
    assert [f.support for f in unnamed] == ["unsupported"] * 2
    assert (
        apply_confirmation((feared,), replace(said, verdict="accepted", code=""))[-1].support == "supported"
    )


@pytest.mark.parametrize(("verdict", "code"), [("unsupported_operator", "USOP"), ("accepted", "")])
def test_what_was_learnt_by_asking_is_not_shown_as_predicted(verdict: str, code: str) -> None:
    feared = replace(UNKNOWN, converter_code="USOP", severity="warning")
    said = Confirmation(verdict, code, ("Op",) if code else (), (), None, 1.0)
    after = replace(report(*apply_confirmation((feared,), said)), confirmation=said)
    shown = recorded(lambda console: print_confirmation(after, console), 80)
    (row,) = (line for line in shown.splitlines() if "front end" in line)
    assert row.split("  ")[-2:] == ["not known", verdict] and "bug" not in shown


def test_a_model_that_the_converter_was_asked_about_is_not_sent_to_it_again() -> None:
    feared = replace(UNKNOWN, converter_code="USOP", severity="warning")
    said = Confirmation("unsupported_operator", "USOP", ("Op",), (), None, 1.0)
    before = report(feared)
    assert last_line(Outcome("net.onnx", before))[1] == "sensorfit check net.onnx --confirm"
    after = replace(report(*apply_confirmation((feared,), said)), confirmation=said)
    assert last_line(Outcome("net.onnx", after, exit_code=1)) == (
        "DOES NOT FIT: 1 thing to change. Next: change it, then:",
        "sensorfit check net.onnx --confirm",
    )
    open_still = replace(before, confirmation=said)
    assert "--confirm" not in last_line(Outcome("net.onnx", open_still))[1]
