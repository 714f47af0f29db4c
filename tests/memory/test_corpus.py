"""Every recorded case against the converter's own numbers."""

from __future__ import annotations

import pytest

from sensorfit.target import load_target
from tools.memory_errors import DOCS, Case, Error, cases, errors, table, with_table

CASES = {case.name: case for case in cases()}
NARROW = [case for case in CASES.values() if case.kind != "wide probe"]

DEVIATIONS: dict[str, tuple[int, int, str]] = {}
"""Networks whose (weights, runtime) errors are known: exact values, so that any change shows."""


@pytest.fixture(scope="module")
def found() -> dict[str, Error]:
    return {error.case.name: error for error in errors()}


def test_the_table_of_errors(found: dict[str, Error]) -> None:
    """Printed with ``pytest -s``; the same as ``python tools/memory_errors.py``."""
    printed = table(list(found.values()))
    print("\n" + printed)
    assert "| network | 28 |" in printed


def test_the_docs_carry_the_table(found: dict[str, Error]) -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert page == with_table(page, table(list(found.values()))), "run python tools/memory_errors.py --write"


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.kind == "network"])
def test_a_network_takes_what_the_converter_says(name: str, found: dict[str, Error]) -> None:
    error = found[name]
    assert (error.weights, error.runtime) == DEVIATIONS.get(name, (0, 0, ""))[:2]


@pytest.mark.parametrize("case", [c for c in CASES.values() if c.kind == "network"], ids=lambda c: c.name)
def test_the_verdict_is_the_converters(case: Case, found: dict[str, Error]) -> None:
    target = load_target()
    error = found[case.name]
    room = target.budget_bytes - target.reserved_bytes
    measured = case.weights_bytes + case.runtime_bytes <= room
    predicted = case.weights_bytes + error.weights + case.runtime_bytes + error.runtime <= room
    assert predicted == measured


def test_most_cases_are_equal_to_the_byte(found: dict[str, Error]) -> None:
    exact = [c.name for c in NARROW if not found[c.name].weights and not found[c.name].runtime]
    assert len(exact) >= 0.9 * len(NARROW)


def test_nearly_all_cases_are_within_one_per_cent(found: dict[str, Error]) -> None:
    worse = sorted(c.name for c in NARROW if found[c.name].worst > 0.01)
    assert len(worse) <= 0.05 * len(NARROW), worse
