"""A stranger's file costs one sentence: bounded memory, bounded time, nothing outside its directory."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sensorfit.graph import limits, wire
from sensorfit.graph.external import bring_in
from tests.graph.small_models import model, refused


def test_a_small_file_reads_as_onnx_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(), path)
    assert limits.read_model(path) == onnx.load(path)


@pytest.mark.parametrize("as_raw", [True, False], ids=["raw_data", "float_data"])
def test_large_weights_stay_in_the_file_and_read_back_equal(tmp_path: Path, as_raw: bool) -> None:
    array = np.random.default_rng(0).standard_normal((64, 64, 9, 9)).astype(np.float32)
    if as_raw:
        weight = numpy_helper.from_array(array, "w")
    else:
        weight = helper.make_tensor("w", TensorProto.FLOAT, array.shape, array.ravel().tolist())
    constant = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(array + 1, "c"))
    path = tmp_path / "m.onnx"
    onnx.save(model([constant, helper.make_node("Relu", ["x"], ["y"])], [weight]), path)
    found = limits.read_model(path)
    assert found.ByteSize() < 1000
    stored = [found.graph.initializer[0], found.graph.node[0].attribute[0].t]
    for tensor, expected in zip(stored, (array, array + 1), strict=True):
        assert list(tensor.dims) == list(array.shape)
        np.testing.assert_array_equal(numpy_helper.to_array(tensor, str(tmp_path)), expected)


def test_weights_count_as_weights_where_the_file_writes_out_that_they_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.arange(1 << 16, dtype=np.float32)
    weights = numpy_helper.from_array(array, "w")
    weights.data_location = TensorProto.DEFAULT
    path = tmp_path / "m.onnx"
    onnx.save(model(weights=[weights]), path)
    monkeypatch.setattr(limits, "MAX_STRUCTURE_BYTES", 4096)
    read = limits.read_model(path)
    assert len(read.graph.initializer[0].raw_data) == 0
    assert bring_in(read.graph.initializer[0], tmp_path)
    np.testing.assert_array_equal(numpy_helper.to_array(read.graph.initializer[0]), array)
    assert not read.graph.initializer[0].HasField("data_location")


def test_reading_does_not_hold_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(weights=[numpy_helper.from_array(np.zeros(8 << 20, np.float32), "w")]), path)
    tracemalloc.start()
    limits.read_model(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 32 << 20
    assert peak < 1 << 20


@pytest.mark.parametrize("size", [0, 1, 2, 100, 300_000, 330_000])
def test_a_truncated_file_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(weights=[numpy_helper.from_array(np.zeros((300, 300), np.float32), "w")]), path)
    path.write_bytes(path.read_bytes()[:size])
    refused(path, "empty" if size == 0 else "ONNX file")


@pytest.mark.parametrize(
    "content",
    [
        b"not a model",
        b"\x80\x02}q\x00.",
        b"PK\x03\x04" * 100,
        b"\xff" * 400_000,
        b"version https://git-lfs.github.com/spec/v1\n",
    ],
    ids=["text", "pickle", "zip", "ff", "lfs"],
)
def test_what_is_not_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    refused(path, "not (an|a usable) ONNX file|, not ONNX: ")


def test_a_missing_file_a_directory_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    refused(tmp_path / "absent.onnx", "no such file")
    refused(tmp_path, "directory")
    pipe = tmp_path / "pipe.onnx"
    os.mkfifo(pipe)
    refused(pipe, "not a regular file")
    refused(Path("/dev/zero"), "not a regular file")


def test_more_than_two_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    with path.open("wb") as file:
        file.truncate(limits.MAX_FILE_BYTES + 1)  # sparse: no disk behind it
    refused(path, "2 GiB")


def test_a_file_just_below_the_limit_is_refused_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_FIELDS", 50_000)
    path = tmp_path / "m.onnx"
    with path.open("wb") as file:  # two bytes a field, a thousand million of them
        file.truncate(limits.MAX_FILE_BYTES)
        file.seek(0)
        file.write(b"\x08\x08" * 3_000_000)
    tracemalloc.start()
    refused(path, "not a usable ONNX file")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20


@pytest.mark.parametrize("field", [1, 5, 11], ids=["nodes", "initializers", "inputs"])
def test_a_bomb_of_empty_messages_is_refused_before_the_parser_sees_it(
    tmp_path: Path, field: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_FIELDS", 200_000)
    graph = wire._message(field, b"") * 250_000
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08\x08" + wire._message(7, graph))
    refused(path, "more than 200,000 fields")


def test_more_structure_than_a_graph_can_need_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_STRUCTURE_BYTES", 100_000)
    path = tmp_path / "m.onnx"
    proto = model()
    proto.doc_string = "x" * 400_000
    onnx.save(proto, path)
    refused(path, "too much of it is not weights")


def test_too_many_nodes_and_tensors_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_NODES", 5)
    path = tmp_path / "m.onnx"
    onnx.save(model([helper.make_node("Relu", ["x"], [f"y{i}"]) for i in range(6)]), path)
    refused(path, "more than 5 nodes")
    monkeypatch.setattr(limits, "MAX_NODES", 100)
    monkeypatch.setattr(limits, "MAX_TENSORS", 5)
    onnx.save(
        model(weights=[numpy_helper.from_array(np.zeros(1, np.float32), f"w{i}") for i in range(6)]), path
    )
    refused(path, "more than 5 tensors")


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        ([1, 3, 2**40, 2**40], "too many to be meant"),
        ([2**62], "too many to be meant"),
        ([0, 2**62], "too many to be meant"),
        ([1, -3, 8, 8], "negative dimension"),
        ([1] * 100, "100 dimensions"),
    ],
)
def test_absurd_dimensions_are_refused(tmp_path: Path, shape: list[int], match: str) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(shape=shape), path)
    refused(path, match)
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=shape)
    onnx.save(model(weights=[weight]), path)
    refused(path, match)


def test_an_initializer_whose_bytes_do_not_match_its_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(
        model(weights=[TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], raw_data=b"123")]), path
    )
    refused(path, "holds 3 bytes where its shape needs 16")


@pytest.mark.parametrize("version", [-1, 2**31, 2**62])
def test_an_opset_that_is_no_version_is_refused(tmp_path: Path, version: int) -> None:
    path = tmp_path / "m.onnx"
    proto = model()
    proto.opset_import[0].version = version
    onnx.save(proto, path)
    refused(path, "no version of ONNX")


def sparse(shape: list[int], values: list[int], indices: list[int]) -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(
        dims=shape,
        values=TensorProto(name="s", data_type=TensorProto.FLOAT, dims=values),
        indices=TensorProto(data_type=TensorProto.INT64, dims=indices),
    )


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (sparse([-5], [1], [1]), "negative dimension"),
        (sparse([2**32, 2**32], [1], [1]), "2\\^34"),
        (sparse([4], [5], [5]), "do not go together"),
        (sparse([4, 4], [2], [2, 3]), "do not go together"),
        (sparse([4, 4], [], []), "do not go together"),
        (sparse([4], [-1], [-1]), "negative dimension"),
    ],
    ids=[
        "negative",
        "overflow",
        "more values than elements",
        "indices of another rank",
        "scalar",
        "negative values",
    ],
)
def test_impossible_sparse_tensors_are_refused_wherever_they_stand(
    tmp_path: Path, value: onnx.SparseTensorProto, match: str
) -> None:
    path = tmp_path / "m.onnx"
    constant = helper.make_node("Constant", [], ["k"])
    constant.attribute.add(name="sparse_value", type=onnx.AttributeProto.SPARSE_TENSOR, sparse_tensor=value)
    onnx.save(model([constant, helper.make_node("Relu", ["x"], ["y"])]), path)
    refused(path, match)
    proto = model()
    proto.graph.sparse_initializer.append(value)
    onnx.save(proto, path)
    refused(path, match)


def test_a_possible_sparse_tensor_is_read(tmp_path: Path) -> None:
    proto = model()
    proto.graph.sparse_initializer.extend([sparse([4, 4], [2], [2, 2]), sparse([4, 4], [2], [2])])
    onnx.save(proto, tmp_path / "m.onnx")
    limits.read_model(tmp_path / "m.onnx")


def test_shapes_inside_of_sequences_and_optionals_are_held_to_the_bounds(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    for wrap in (helper.make_sequence_type_proto, helper.make_optional_type_proto):
        proto = model()
        kind = wrap(helper.make_tensor_type_proto(TensorProto.FLOAT, [2**20, 2**20]))
        proto.graph.value_info.append(helper.make_value_info("s", kind))
        onnx.save(proto, path)
        refused(path, "2\\^34")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model([helper.make_node("Relu", ["x"], ["y"], name="QQQQ")]), path)
    path.write_bytes(path.read_bytes().replace(b"QQQQ", b"Q\xff\xfeQ"))
    refused(path, "not UTF-8")


def test_a_name_of_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model([helper.make_node("Relu", ["x"], ["y"], name="n" * 1_000_000)]), path)
    refused(path, "name longer than")


@pytest.mark.parametrize(
    ("shape", "places", "kind", "said"),
    [
        ([4, 4], [1, 16], TensorProto.INT64, "an index outside of it"),
        ([4, 4], [-1, 5], TensorProto.INT64, "an index outside of it"),
        ([4, 4], [[0, 3], [3, 4]], TensorProto.INT64, "an index outside of it"),
        ([4, 4], [1, 5], TensorProto.INT32, "no 64-bit numbers"),
    ],
)
def test_places_outside_of_a_sparse_tensor_are_refused(
    tmp_path: Path, shape: list[int], places: object, kind: int, said: str
) -> None:
    given = np.array(places)
    stored = helper.make_tensor("places", kind, given.shape, given.ravel().tolist())
    value = helper.make_sparse_tensor(helper.make_tensor("w", TensorProto.FLOAT, [2], [1, 2]), stored, shape)
    proto = model()
    proto.graph.sparse_initializer.append(value)
    onnx.save(proto, tmp_path / "m.onnx")
    refused(tmp_path / "m.onnx", said)
