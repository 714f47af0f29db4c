"""Over the budget the converter cuts layers into tiles: what it did with recorded networks, beside our prediction."""

from __future__ import annotations

import csv
import json
import random
from io import StringIO
from pathlib import Path
from typing import Any

import networkx
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sensorfit
from sensorfit.api import compare, explain
from sensorfit.gate.config import Budgets
from sensorfit.memory.tiler import OUTSIDE, gates
from sensorfit.memory.tiles import Window, shares
from sensorfit.render.comparison.formats import to_csv, to_json, to_markdown
from sensorfit.render.show import text as rendered
from sensorfit.report.outcome import Outcome
from sensorfit.report.phrases import share_words
from sensorfit.rules.budgets import findings as budget_findings
from tools.tiling_errors import PLACE, answers, model, report, runtime_bytes, table

OPEN = {"t_res", "av", "m4", "bx", "n_effv2b0_224"}
"""Networks whose verdict we leave open: branches, other operators, and what does not fit in our order but might in another."""


@pytest.fixture(params=answers(), ids=lambda a: a["name"])
def answer(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the converter said about one network that is over the budget as it stands."""
    return request.param  # type: ignore[no-any-return]


def test_the_verdict_is_the_converters_or_unknown(answer: dict[str, Any]) -> None:
    wanted = "unknown" if answer["name"] in OPEN else "does_not_fit" if answer["exit_code"] else "fits"
    assert report(answer["name"]).verdict == wanted


def test_the_tiles_are_as_many_as_the_converters(answer: dict[str, Any]) -> None:
    tiling = report(answer["name"]).memory.tiling
    if "tiles" in answer:
        assert tiling is not None
        assert tiling.tiles == answer["tiles"]


def test_the_tiles_begin_and_end_where_the_converters_do(answer: dict[str, Any]) -> None:
    tiling = report(answer["name"]).memory.tiling
    if "first" in answer and "|" in answer["spec"]:  # MCT names the layers of published networks anew
        assert tiling is not None
        activations = {
            n.output[0]: n.input[0] for n in model(answer["name"]).graph.node if n.op_type in ("Relu", "Clip")
        }
        producers = {t: n.name for n in model(answer["name"]).graph.node for t in n.output}
        named = {n.name: n.output[0] for n in model(answer["name"]).graph.node}
        ends = {node: producers[activations.get(out, out)] for node, out in named.items()}
        for ours, theirs in ((tiling.first, answer["first"]), (tiling.last, answer["last"])):
            found = theirs.replace("/layer/", "/")  # MCT wraps convolutions
            assert ours == ends.get(found, found)


def test_the_bytes_with_tiles_are_within_one_percent(answer: dict[str, Any]) -> None:
    memory = report(answer["name"]).memory
    if memory.tiling is not None and memory.tiling.runtime_bytes:
        measured = runtime_bytes(answer)
        assert -0.001 < memory.tiling.runtime_bytes / measured - 1 < 0.01
        assert memory.tiling.bound_bytes <= measured
        assert memory.weights_bytes + memory.tiling.more_weights_bytes == answer["weights_bytes"]


def test_the_bytes_stay_those_of_the_network_as_it_stands(answer: dict[str, Any]) -> None:
    memory = report(answer["name"]).memory
    assert not memory.fits
    assert memory.tiled_total_bytes < memory.total_bytes


def test_the_table_in_the_docs_is_fresh() -> None:
    assert PLACE.is_fresh(table()), "run python -m tools.tiling_errors --write"


def test_names_change_neither_tiles_nor_bytes(answer: dict[str, Any]) -> None:
    proto = onnx.ModelProto()
    proto.CopyFrom(model(answer["name"]))
    shuffler = random.Random(3)
    names = [t for n in proto.graph.node for t in n.output if t not in {o.name for o in proto.graph.output}]
    other = dict(zip(names, shuffler.sample([f"t{i}" for i in range(len(names))], len(names)), strict=True))
    for index, node in enumerate(proto.graph.node):
        node.name = f"n{(index * 7919) % 10007}"
        node.input[:] = [other.get(t, t) for t in node.input]
        node.output[:] = [other.get(t, t) for t in node.output]
    del proto.graph.value_info[:]
    changed = sensorfit.check(proto, input_persistency=answer["input_persistency"])
    mine = report(answer["name"])
    assert changed.verdict == mine.verdict
    assert changed.memory.tiled_total_bytes == mine.memory.tiled_total_bytes


def test_weights_that_are_too_much_by_themselves_are_lost_whatever_is_tiled() -> None:
    shape = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 1024, 8, 8])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 1024, 6, 6])
    weight = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[1024, 1024, 3, 3])
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "w"], ["y"], "c")], "g", [shape], [out], [weight]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    assert sensorfit.check(model).verdict == "does_not_fit"


@given(st.integers(1, 600), st.integers(1, 9))
def test_shares_cover_all_rows_once_and_differ_by_one(rows: int, count: int) -> None:
    found = shares(rows, count)
    assert [r for first, end in found for r in range(first, end)] == list(range(rows))
    assert max(e - f for f, e in found) - min(e - f for f, e in found) <= 1


@given(st.integers(1, 7), st.integers(1, 3), st.integers(0, 3), st.integers(8, 60), st.data())
def test_a_window_reads_the_rows_that_its_kernel_touches(
    kernel: int, stride: int, before: int, height: int, data: st.DataObject
) -> None:
    before = min(before, kernel - 1)
    rows = (height + 2 * before - kernel) // stride + 1
    first = data.draw(st.integers(0, rows - 1))
    end = data.draw(st.integers(first + 1, rows))
    touched = [r * stride - before + k for r in range(first, end) for k in range(kernel)]
    read, above, below = Window(kernel, stride, before).rows((first, end), height)
    assert read == (max(min(touched), 0), min(max(touched) + 1, height))
    assert (above, below) == (max(-min(touched), 0), max(max(touched) + 1 - height, 0))


@given(st.lists(st.sets(st.integers(1, 6), min_size=1, max_size=3), min_size=1, max_size=40))
def test_what_every_way_passes_are_the_dominators_of_networkx(steps: list[set[int]]) -> None:
    parents = [sorted({max(OUTSIDE, node - back) for back in backs}) for node, backs in enumerate(steps)]
    graph = networkx.DiGraph((p, node) for node, before in enumerate(parents) for p in before)
    found = networkx.immediate_dominators(graph, OUTSIDE)
    assert gates(parents) == [found[node] for node in range(len(parents))]


def test_what_fits_in_tiles_is_said_so_everywhere() -> None:
    """No output calls a network that fits in tiles too large; budgets count the bytes with tiles."""
    found = report("t_chain")
    assert share_words(found.memory) == "157% (60% in tiles)"
    assert found.memory.packaged_bytes == found.memory.tiled_total_bytes
    assert not list(budget_findings(found, Budgets(sram=found.memory.budget_bytes, headroom=1024)))
    assert [f.rule for f in budget_findings(found, Budgets(sram=1024))] == ["SF601"]


@pytest.mark.parametrize("form", ["github", "junit", "sarif", "json", "markdown"])
def test_an_output_that_gives_the_bytes_gives_those_in_tiles(form: str) -> None:
    found = report("t_chain")
    text = rendered(form, [Outcome("chain.onnx", found)])
    shown = f"{found.memory.tiled_total_bytes:,}" if form in ("github", "junit", "markdown") else None
    assert (shown or str(found.memory.tiled_total_bytes)) in text


def test_a_comparison_gives_the_bytes_in_tiles(tmp_path: Path) -> None:
    onnx.save(model("t_chain"), tmp_path / "chain.onnx")
    found = compare([tmp_path / "chain.onnx", "picosam3"])
    tiled = sensorfit.check(model("t_chain")).memory.tiled_total_bytes
    assert [r["tiled_total_bytes"] for r in json.loads(to_json(found))["rows"]] == [tiled, None]
    assert [r["tiled_total_bytes"] for r in csv.DictReader(StringIO(to_csv(found)))] == [str(tiled), ""]
    assert f"{tiled / 2**20:.2f} in tiles" in to_markdown(found)


def test_what_is_over_is_placed_where_the_peak_is(answer: dict[str, Any]) -> None:
    found = report(answer["name"])
    (over,) = [f for f in found.findings if f.rule in ("SF301", "SF305")]
    peak = found.memory.steps[found.memory.peak_step].node
    assert peak == over.node or peak.startswith((f"{over.node}/", f"{over.tensor}/"))


def test_explain_says_what_tiles_change(tmp_path: Path) -> None:
    onnx.save(model("t_chain"), tmp_path / "chain.onnx")
    onnx.save(model("m4"), tmp_path / "open.onnx")
    assert not explain(tmp_path / "chain.onnx").reasons
    (reason,) = explain(tmp_path / "open.onnx").reasons
    assert reason.endswith("the converter cuts rows into tiles, which may bring it under.")
