"""Our refusals beside the real front end's recorded answers, graph by graph."""

from functools import cache

import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.models import evidence
from sensorfit.models.registry import find, names
from sensorfit.verify.engine import front_end_verdict, verify
from sensorfit.verify.finding import Finding

from .test_graphs import GRAPHS, RECIPE


@cache
def findings(graph: str) -> tuple[Finding, ...]:
    return verify(load(GRAPHS / f"{graph}.onnx", graph), load_target())


def answer(graph: str, form: str) -> evidence.FrontEndAnswer | None:
    return next((a for a in evidence.front_end(graph, load_target()) if a.form.startswith(form)), None)


@pytest.mark.parametrize("graph", evidence.asked())
def test_the_shipped_graph_gets_the_front_ends_verdict(graph: str) -> None:
    asked = answer(graph, "shipped")
    assert asked is not None
    assert front_end_verdict(findings(graph)) == asked.verdict


@pytest.mark.parametrize("graph", [g for g in evidence.asked() if answer(g, "GELU")])
def test_with_gelu_as_one_operator_we_refuse_what_the_front_end_refuses(graph: str) -> None:
    """The form a deployment holds: ours comes from the same shipped graph, its GELU recognised."""
    asked = answer(graph, "GELU")
    assert asked is not None
    refused = [f for f in findings(graph) if f.support == "unsupported"]
    assert (asked.verdict == "accepted") == (not refused)
    if asked.verdict == "unsupported_operator":
        assert set(asked.operators) == {f.op for f in refused if f.converter_code == "USOP"}


def test_every_graph_was_asked_about() -> None:
    built_in = {find(name).graph.stem for name in names()}  # type: ignore[union-attr]
    assert built_in | set(RECIPE) == set(evidence.asked())
