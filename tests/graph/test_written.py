"""What the front end makes of the file, where sensorfit has folded more or needs no record."""

from __future__ import annotations

from typing import Any

import pytest
from onnx import TensorProto, helper

from sensorfit.graph.ir import Graph, Stale
from sensorfit.graph.load import load
from sensorfit.graph.written import as_read

from ..conftest import model_of

SAME = "(float[1,3,8,8] x) => (float[N,C,H,W] y) <int64[8] p = {0,0,0,0,0,0,1,1}, int64 low = {0}>"


def nodes(graph: Graph) -> list[str]:
    return [n.op for n in graph.nodes]


def test_a_constant_expression_with_an_empty_input_is_folded_here_and_a_node_to_the_front_end() -> None:
    graph = load(model_of(f"g {SAME} {{ q = Clip (p, low, ) r = Add (q, low) y = Pad (x, r) }}"))
    assert nodes(graph) == ["Pad"]
    values = graph.numbers("r")
    assert values is not None and [*values] == [0, 0, 0, 0, 0, 0, 1, 1]
    read = as_read(graph)
    assert nodes(read) == ["Clip", "Add", "Pad"]
    assert not read.is_constant("r") and read.shape("r") == (8,)


def test_a_constant_expression_whose_inputs_are_all_there_is_folded_by_both() -> None:
    graph = load(model_of(f"g {SAME} {{ q = Clip (p, low) y = Pad (x, q) }}"))
    assert not graph.written.unfolded
    assert as_read(graph) is graph


@pytest.mark.parametrize(
    ("expression", "kept"),
    [("s = Shape (x) n = Size (s)", []), ("n = Size (x)", ["Size"])],
    ids=["of-a-constant", "of-an-activation"],
)
def test_size_is_folded_by_the_front_end_where_its_input_is_a_constant(
    expression: str, kept: list[str]
) -> None:
    text = (
        f"g (float[1,3,8,8] x) => (float[1,3,8,8] y) {{ {expression} f = Cast <to = 1> (n) y = Mul (x, f) }}"
    )
    assert [n.op for n in load(model_of(text)).written.unfolded if n.op == "Size"] == kept


def test_a_constant_in_another_spelling_counts_where_a_node_reads_it_that_stays() -> None:
    head = "g (float[1,3,8,8] x) => (float[1,3,8,8] y)"
    direct = load(model_of(f"{head} {{ c = Constant <value_float = 2.0> () y = Mul (x, c) }}"))
    assert [op for _, op in direct.written.spelled] == ["Constant"]
    behind = load(model_of(f"{head} {{ c = Constant <value_float = 2.0> () d = Neg (c) y = Mul (x, d) }}"))
    assert behind.written.spelled == ()


def test_a_result_of_a_constant_expression_that_nothing_reads_is_named() -> None:
    text = "g (float[1,3,8,8] x) => (float[1,3,8,8] y) <int64[2] s = {1, 1}, float[2,3,1,1] w> { a, b = Split <axis = 0> (w, s) y = Mul (x, a) }"
    model = model_of(text)
    del model.graph.value_info[:]
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [2, 3, 1, 1], [1.0] * 6))
    assert load(model).written.unread == ("b",)


def recorded(
    again: Any = None, inner: Any = None, output: Any = (1, 3, 8, 8), batch: Any = 1
) -> tuple[Stale, ...]:
    model = model_of(f"g (float[{batch},3,8,8] x) => (float[1,3,8,8] y) {{ r = Relu (x) y = Neg (r) }}")
    float32 = TensorProto.FLOAT
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", float32, output))
    for name, dims in (("y", again), ("r", inner)):
        if dims is not None:
            model.graph.value_info.append(helper.make_tensor_value_info(name, float32, dims))
    return load(model).written.stale


@pytest.mark.parametrize("open_dims", [("b", 3, 8, 8), (1, "c", 8, 8), ("a", "b", "c", "d")])
def test_an_open_dimension_contradicts_only_where_an_output_is_recorded_once_more(open_dims: Any) -> None:
    assert recorded(inner=open_dims) == recorded(output=open_dims) == ()
    assert [(s.tensor, s.inferred) for s in recorded(again=open_dims)] == [("y", (1, 3, 8, 8))]


def test_another_number_or_rank_contradicts_wherever_it_is_recorded() -> None:
    for dims in ((1, 7, 8, 8), (4, 3, 8, 8), (3, 8, 8)):
        assert recorded(inner=dims) and recorded(output=dims) and recorded(again=dims)
    assert recorded(output=None) == (Stale("y", None, (1, 3, 8, 8)),)


@pytest.mark.parametrize("place", ["inner", "output", "again"])
@pytest.mark.parametrize("kind", ["FLOAT16", "INT32", "BOOL", "STRING", "DOUBLE"])
def test_another_type_contradicts_wherever_it_is_recorded(place: str, kind: str) -> None:
    """But two types of an output that is recorded once more, which the front end takes."""
    model = model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { r = Relu (x) y = Neg (r) }")
    said = helper.make_tensor_value_info(
        "r" if place == "inner" else "y", TensorProto.DataType.Value(kind), None
    )
    said.type.tensor_type.shape.CopyFrom(model.graph.output[0].type.tensor_type.shape)
    if place == "output":
        model.graph.output[0].CopyFrom(said)
    else:
        model.graph.value_info.append(said)
    stale = load(model).written.stale
    assert [(s.tensor, s.inferred_dtype) for s in stale] == (
        [] if (place, kind) == ("again", "DOUBLE") else [(said.name, "float32")]
    )


def test_an_output_without_a_type_contradicts_and_an_input_recorded_again_does_not() -> None:
    model = model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { y = Relu (x) }")
    model.graph.value_info.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 8, 7)))
    assert load(model).written.stale == ()
    model.graph.output[0].ClearField("type")
    assert [s.recorded for s in load(model).written.stale] == [None]


def test_where_a_batch_is_open_recorded_batches_say_nothing() -> None:
    assert recorded(again=("N", 3, 8, 8), batch="N") == recorded(inner=(4, 3, 8, 8), batch="N") == ()
    assert recorded(again=("N", "c", 8, 8), batch="N")


def test_what_the_file_records_says_nothing_of_another_input_shape() -> None:
    model = model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { y = Relu (x) }")
    assert load(model, input_shapes={"": (1, 3, 16, 16)}).written.stale == ()
