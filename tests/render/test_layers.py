"""The layers: sums are the report's figures, and a table, JSON and the page list the same."""

import json
from functools import cache
from itertools import pairwise

import pytest
from click.testing import CliRunner

from sensorfit.api import check
from sensorfit.cli.check import command
from sensorfit.memory.layout import load_memory_facts
from sensorfit.render.layers import print_layers, ranked
from sensorfit.render.layout import layout
from sensorfit.render.screen import recorded
from sensorfit.report.layer import SORTS
from sensorfit.report.report import Report


@cache
def report(model: str) -> Report:
    return check(model, layers=True)


@pytest.mark.parametrize("model", ["picosam3", "edgesam@96", "tinysam/decoder@96"])
def test_the_layers_add_up_to_the_network(model: str) -> None:
    """Weights up to the table that packs each output, cycles and the device's MACs exactly."""
    found = report(model)
    packing = found.memory.weights_bytes - sum(layer.weights_bytes for layer in found.layers)
    facts = load_memory_facts(found.target)
    assert packing in {n * facts.packing_bytes for n in range(len(found.model.outputs) + 1)}
    assert sum(layer.cycles for layer in found.layers) == sum(c.cycles for c in found.latency.layers)
    assert sum(layer.macs for layer in found.layers) == sum(c.macs for c in found.latency.layers)


def test_a_layer_reads_only_what_stands_before_it() -> None:
    for place, layer in enumerate(report("edgesam@96").layers):
        assert all(source < place for source in layer.reads)


def test_what_is_fused_takes_nothing_and_runs_in_a_layer_that_is_there() -> None:
    layers = report("picosam3").layers
    fused = [layer for layer in layers if layer.runs_in]
    assert {layer.op for layer in fused} == {"BatchNormalization", "Relu"}
    names = {layer.node for layer in layers if not layer.runs_in}
    assert all(layer.runs_in in names and not layer.cycles + layer.weights_bytes for layer in fused)


@pytest.mark.parametrize("by", SORTS)
def test_layers_come_largest_first(by: str) -> None:
    values = [layer.value(by) for layer in ranked(report("picosam3").layers, by)]
    assert values == sorted(values, reverse=True) and values[0] > 0


@pytest.mark.parametrize("width", [80, 160])
def test_the_table_keeps_every_figure(width: int) -> None:
    found = report("picosam3")
    text = recorded(lambda console: print_layers(found, console), width)
    assert all(len(line) <= width for line in text.splitlines())
    for layer in ranked(found.layers):
        assert f"{layer.weights_bytes:,}" in text and f"{layer.activation_bytes:,}" in text
    assert "42 nodes more, fused" in text


def test_the_command_lists_them_on_the_screen_and_in_json() -> None:
    shown = CliRunner().invoke(command, ["picosam3", "--sort", "time"]).output
    assert "42 layers, most time first" in shown and shown.splitlines()[-1].startswith("FITS. Next:")
    listed = json.loads(CliRunner().invoke(command, ["picosam3", "--layers", "--format", "json"]).output)
    assert [layer["node"] for layer in listed["layers"]] == [x.node for x in report("picosam3").layers]
    assert "layers" not in json.loads(CliRunner().invoke(command, ["picosam3", "--format", "json"]).output)


def test_no_two_nodes_of_a_drawing_lie_on_each_other() -> None:
    reads = [layer.reads for layer in report("edgesam@96").layers]
    places = layout(reads)
    assert all(places[s][0] < places[at][0] for at, sources in enumerate(reads) for s in sources)
    by_row: dict[int, list[float]] = {}
    for row, column in places:
        by_row.setdefault(row, []).append(column)
    for columns in by_row.values():
        columns.sort()
        assert all(b - a >= 0.98 for a, b in pairwise(columns))
