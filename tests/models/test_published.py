"""Published figures: each once, with unit and source, about a model we know or say why we do not."""

import pytest

from sensorfit.models.published import (
    FIGURES,
    Listed,
    Published,
    figure,
    known_by_figures,
    listed,
    models,
    published,
)
from sensorfit.models.registry import find, names, nothing_called

ALL = [p for model in models() for p in published(model)]


@pytest.mark.parametrize("given", ALL, ids=lambda p: f"{p.model}-{p.figure}{p.variant}-{p.value:g}")
def test_a_figure_has_its_unit_and_source(given: Published) -> None:
    assert given.unit == FIGURES[given.figure]
    assert given.source.strip()
    assert given.value > 0
    assert isinstance(given.first_hand, bool)


def test_no_figure_is_given_twice_from_one_source() -> None:
    keys = [(p.model, p.figure, p.variant, p.source) for p in ALL]
    assert len(keys) == len(set(keys))


def test_every_model_is_built_in_or_listed_with_a_reason() -> None:
    without_graph = {one.name for one in listed()}
    assert {name for name in models() if find(name) is None} <= without_graph
    assert without_graph.isdisjoint(names())
    assert all(one.why for one in listed())


def test_what_cannot_be_had_faithfully_is_listed() -> None:
    assert {"litesam", "fastsam", "mobilesamv2", "sam3", "q-tinysam"} <= {one.name for one in listed()}


def test_a_derived_figure_says_how_and_is_not_cited_as_printed() -> None:
    derived = [p for p in ALL if p.derived]
    assert {(p.model, p.figure) for p in derived} >= {("fastsam", "coco_miou")}
    assert all(p.note and f"derived: {p.note}" in p.cited for p in derived)
    assert not [p for p in ALL if "derived" in p.cited and not p.derived]


def test_a_model_without_a_graph_is_found_however_it_is_spelled() -> None:
    found = known_by_figures("Q_TinySAM")
    assert found is not None
    assert found.name == "q-tinysam"
    assert known_by_figures("tinysam") is None


@pytest.mark.parametrize("one", listed(), ids=lambda one: one.name)
def test_what_a_check_says_of_a_model_without_a_graph_is_true(one: Listed) -> None:
    said = nothing_called(one.name)
    assert one.why in said
    promised = f"`sensorfit compare {one.name}` shows its published figures" in said
    assert promised == bool(published(one.name)) != ("no published figure is known" in said)


def test_the_seed_of_the_project() -> None:
    """PicoSAM3's abstract: 65.45 and 64.01 % mIoU, 11.82 ms."""
    found = {kind: figure("picosam3", kind) for kind in ("coco_miou", "lvis_miou")}
    assert {k: (p.value, p.first_hand) for k, p in found.items() if p} == {
        "coco_miou": (65.45, True),
        "lvis_miou": (64.01, True),
    }
    latency = figure("picosam3", "latency", "INT8")
    assert latency is not None
    assert (latency.value, "not stated" in latency.covers) == (11.82, True)


def test_a_first_hand_figure_comes_first() -> None:
    found = figure("sam-vit-h", "parameters")
    assert found is not None
    assert found.first_hand
    assert figure("sam3", "latency") is None
