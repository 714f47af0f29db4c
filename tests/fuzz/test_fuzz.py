"""Broken models get an answer or one sentence: those that once did not, and a few hundred new ones."""

from __future__ import annotations

from pathlib import Path
from random import Random

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensorfit.errors import ModelError
from sensorfit.graph import limits, wire

from .harness import problem, repository_problem
from .mutate import mutate, seeds

CORPUS = sorted((Path(__file__).parent.parent / "data" / "fuzz").glob("*.onnx"))
SEEDS = seeds()

fuzzing = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: p.stem)
def test_what_once_broke_the_check_no_longer_does(path: Path) -> None:
    assert problem(path.read_bytes()) is None


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 10


@pytest.mark.parametrize("data", SEEDS, ids=[str(i) for i in range(len(SEEDS))])
def test_the_seeds_are_checked_as_they_are(data: bytes) -> None:
    assert problem(data) is None


@settings(fuzzing, max_examples=60)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_a_mutated_model_gets_an_answer_or_a_sentence(data: bytes, seed: int) -> None:
    assert problem(mutate(data, SEEDS, Random(seed))) is None


@settings(fuzzing, max_examples=40)
@given(st.integers(0, 2**32))
def test_a_strangers_repository_gets_an_answer_or_a_sentence_and_nothing_is_overwritten(seed: int) -> None:
    assert repository_problem(seed) is None


@settings(fuzzing, max_examples=300)
@given(st.binary(max_size=400))
def test_random_bytes_are_parsed_or_refused_with_a_sentence(data: bytes) -> None:
    _parsed(data)


@settings(fuzzing, max_examples=300)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_a_mutated_file_is_parsed_or_refused_with_a_sentence(data: bytes, seed: int) -> None:
    _parsed(mutate(data, SEEDS, Random(seed)))


def _parsed(data: bytes) -> None:
    try:
        model = limits.parse_model(data, "m.onnx", location="m.onnx")
    except ModelError as error:
        assert str(error).startswith("m.onnx: ")
        return
    assert isinstance(model, onnx.ModelProto)


@settings(fuzzing, max_examples=200)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(0, 64))
def test_slimming_says_what_the_parser_says(data: bytes, seed: int, payload: int) -> None:
    """A file is readable slimmed exactly when it is readable whole, and all but its payloads are equal."""
    data = mutate(data, SEEDS, Random(seed))
    whole = onnx.ModelProto()
    try:
        whole.ParseFromString(data)
    except Exception:
        return
    kept = wire.PAYLOAD_BYTES
    wire.PAYLOAD_BYTES = payload  # type: ignore[misc]
    try:
        slimmed = onnx.ModelProto.FromString(wire.slim(data, "m", max_bytes=1 << 20, max_fields=1 << 20))
    finally:
        wire.PAYLOAD_BYTES = kept  # type: ignore[misc]
    for mine, theirs in zip(slimmed.graph.initializer, whole.graph.initializer, strict=True):
        if (
            mine.data_location == onnx.TensorProto.EXTERNAL
            and theirs.data_location != onnx.TensorProto.EXTERNAL
        ):
            numbers = {e.key: e.value for e in mine.external_data}
            start, length = int(numbers["offset"]), int(numbers["length"])
            mine.ClearField("external_data")
            mine.ClearField("data_location")
            field = "raw_data" if theirs.raw_data else "float_data"
            if field == "raw_data":
                mine.raw_data = data[start : start + length]
                assert mine.raw_data == theirs.raw_data
            theirs.ClearField(field)  # type: ignore[arg-type]
            mine.ClearField("raw_data")
    if payload >= 64:
        assert slimmed == whole
    assert [n.op_type for n in slimmed.graph.node] == [n.op_type for n in whole.graph.node]
