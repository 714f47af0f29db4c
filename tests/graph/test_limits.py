"""A stranger's file costs one sentence: bounded memory, bounded time, nothing outside its directory."""

from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sensorfit.errors import ModelError
from sensorfit.graph import functions, limits, wire
from sensorfit.graph.external import bring_in
from sensorfit.graph.fold import Stored
from sensorfit.runtime.deadline import deadline


def tensor_info(name: str, shape: list[int] | None = None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        name, TensorProto.FLOAT, shape if shape is not None else [1, 3, 8, 8]
    )


def model(
    nodes: list[onnx.NodeProto] | None = None,
    weights: list[onnx.TensorProto] | None = None,
    shape: list[int] | None = None,
) -> onnx.ModelProto:
    nodes = nodes or [helper.make_node("Relu", ["x"], ["y"], name="relu")]
    graph = helper.make_graph(nodes, "g", [tensor_info("x", shape)], [tensor_info("y")], weights or [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def external(location: str, **entries: str) -> onnx.TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def refused(path: Path, match: str) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        limits.read_model(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


# --- files ---


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


# --- bombs ---


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


def nested(depth: int) -> onnx.ModelProto:
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "inner", [], [tensor_info("y")])
    for level in range(depth):
        node = helper.make_node(
            "If", ["c"], ["y"], then_branch=graph, else_branch=graph if level < 2 else None
        )
        graph = helper.make_graph([node], f"g{level}", [], [tensor_info("y")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def test_deep_subgraphs_are_refused_and_shallow_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(nested(limits.MAX_SUBGRAPH_DEPTH), path)
    limits.read_model(path)
    onnx.save(nested(limits.MAX_SUBGRAPH_DEPTH + 1), path)
    refused(path, "nested more than 16 deep")


def test_messages_nested_beyond_the_parsers_depth_are_refused(tmp_path: Path) -> None:
    body = b"\x08\x08" + b"x" * 0
    for _ in range(60):  # graph > node > attribute > graph, 180 messages deep
        body = wire._message(1, wire._message(5, wire._message(6, body)))
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08\x08" + wire._message(7, body))
    refused(path, "ONNX file")
    path.write_bytes(b"\x08\x08" + wire._message(7, body + wire._message(10, b"x" * 300_000)))
    refused(path, "ONNX file")


def function_bomb(levels: int, recursive: bool = False) -> onnx.ModelProto:
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    functions = []
    for level in range(levels):
        inner = f"f{level + 1}" if level + 1 < levels else "f0" if recursive else "Relu"
        domain = "d" if inner != "Relu" else ""
        nodes = [
            helper.make_node(inner, ["a"], ["t"], domain=domain),
            helper.make_node(inner, ["t"], ["b"], domain=domain),
        ]
        functions.append(helper.make_function("d", f"f{level}", ["a"], ["b"], nodes, opset))
    graph = helper.make_graph(
        [helper.make_node("f0", ["x"], ["y"], domain="d")], "g", [tensor_info("x")], [tensor_info("y")]
    )
    return helper.make_model(graph, opset_imports=opset, functions=functions)


def test_functions_that_double_forty_times_or_call_themselves_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(function_bomb(40), path)
    refused(path, "expand to more than")
    onnx.save(function_bomb(3, recursive=True), path)
    refused(path, "calls itself")
    onnx.save(function_bomb(3), path)
    limits.read_model(path)


CONDITION = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("v", TensorProto.BOOL, [], [1]))


def in_branches(*calls: str) -> list[onnx.NodeProto]:
    """Nodes that compute b from a: an If whose two branches call, one after the other, each function named."""
    branches = []
    for side in "te":
        nodes = [
            helper.make_node(
                op, ["a" if not i else f"{side}{i - 1}"], [f"{side}{i}"], domain="d" if op != "Relu" else ""
            )
            for i, op in enumerate(calls)
        ]
        output = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)
        branches.append(helper.make_graph(nodes, side, [], [output]))
    return [CONDITION, helper.make_node("If", ["c"], ["b"], then_branch=branches[0], else_branch=branches[1])]


def calling(functions: dict[str, list[onnx.NodeProto]], first: str = "f0") -> onnx.ModelProto:
    """A model of one call to ``first``; each function computes b from a."""
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    made = [helper.make_function("d", name, ["a"], ["b"], nodes, opset) for name, nodes in functions.items()]
    call = helper.make_node(first, ["x"], ["y"], domain="d")
    graph = helper.make_graph([call], "g", [tensor_info("x")], [tensor_info("y")])
    return helper.make_model(graph, opset_imports=opset, functions=made)


def test_calls_inside_of_subgraphs_count(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(calling({"f0": in_branches("f0")}), path)
    refused(path, "'f0' calls itself")
    onnx.save(calling({"f0": in_branches("f1"), "f1": in_branches("f0")}), path)
    refused(path, "calls itself")
    doubling = {
        f"f{i}": [helper.make_node(f"f{i + 1}", ["a"], ["t"], domain="d"), *in_branches(f"f{i + 1}")]
        for i in range(12)
    }
    onnx.save(calling({**doubling, "f12": in_branches("Relu")}), path)
    refused(path, "expand to more than 100,000 nodes")
    onnx.save(calling({"f0": in_branches("f1", "f1"), "f1": in_branches("Relu")}), path)
    limits.read_model(path)


def test_calls_and_subgraphs_that_expand_too_deep_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    for count in (functions.MAX_CALL_DEPTH, functions.MAX_CALL_DEPTH + 1):
        chain = {f"f{i}": [helper.make_node(f"f{i + 1}", ["a"], ["b"], domain="d")] for i in range(count - 1)}
        onnx.save(calling({**chain, f"f{count - 1}": [helper.make_node("Relu", ["a"], ["b"])]}), path)
        if count == functions.MAX_CALL_DEPTH:
            limits.read_model(path)
    refused(path, "call one another more than 100 deep")
    levels = limits.MAX_SUBGRAPH_DEPTH + 1
    deep = {f"f{i}": [*in_branches(f"f{i + 1}")[:1], _one_branch(f"f{i + 1}")] for i in range(levels - 1)}
    onnx.save(calling({**deep, f"f{levels - 1}": in_branches("Relu")}), path)
    refused(path, "expand to subgraphs nested more than 16 deep")


def _one_branch(op: str) -> onnx.NodeProto:
    inner = helper.make_node(op, ["a"], ["o"], domain="d")
    output = helper.make_tensor_value_info("o", TensorProto.FLOAT, None)
    return helper.make_node("If", ["c"], ["b"], then_branch=helper.make_graph([inner], "t", [], [output]))


def test_what_calls_copy_is_bounded(tmp_path: Path) -> None:
    """A constant in a body, and one that is passed and referred to a thousand times; a graph is not passed at all."""
    path = tmp_path / "m.onnx"
    large = numpy_helper.from_array(np.zeros(4000, np.float32), "v")
    body = [helper.make_node("Constant", [], ["k"], value=large), helper.make_node("Add", ["a", "k"], ["b"])]
    many = [helper.make_node("f1", ["a"], ["b" if i == 2999 else f"t{i}"], domain="d") for i in range(3000)]
    onnx.save(calling({"f0": many, "f1": body}), path)
    refused(path, "adds more than 32 MiB")
    copies = [helper.make_node("Constant", [], [f"k{i}"]) for i in range(3000)]
    for node in copies:
        node.attribute.add(name="value", ref_attr_name="value", type=onnx.AttributeProto.TENSOR)
    proto = calling({"f0": [*copies, helper.make_node("Relu", ["a"], ["b"])]})
    proto.functions[0].attribute.append("value")
    proto.graph.node[0].attribute.append(helper.make_attribute("value", large))
    onnx.save(proto, path)
    refused(path, "adds more than 32 MiB")
    proto.graph.node[0].attribute.append(helper.make_attribute("body", in_branches("Relu")[1].attribute[0].g))
    onnx.save(proto, path)
    refused(path, "a graph is passed to local function 'f0'")


def test_a_function_defined_twice_is_refused_and_an_overload_is_another(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    proto = calling({"f0": [helper.make_node("Relu", ["a"], ["b"])]})
    proto.functions.append(proto.functions[0])
    onnx.save(proto, path)
    refused(path, "'f0' is defined twice")
    proto.functions[1].overload = "other"
    proto.functions[1].node[0].op_type, proto.functions[1].node[0].domain = "f0", "d"
    onnx.save(proto, path)
    limits.read_model(path)
    proto.functions[1].node[0].overload = "other"
    onnx.save(proto, path)
    refused(path, "'f0' calls itself")


def test_what_stands_in_a_functions_subgraphs_is_held_to_the_bounds_too(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    nodes = in_branches("Relu")
    nodes[1].attribute[0].g.initializer.append(TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[-1]))
    onnx.save(calling({"f0": nodes}), path)
    refused(path, "negative dimension")


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


# --- external data ---


@pytest.mark.parametrize(
    "location",
    [
        "/etc/passwd",
        "../secret",
        "a/../../secret",
        "C:\\secret",
        "\\\\host\\share",
        "a\\..\\..\\secret",
        "",
        "\0",
    ],
)
def test_external_data_outside_the_directory_is_refused(tmp_path: Path, location: str) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(weights=[external(location)]), path)
    refused(path, "outside the model's directory|without a usable name")


def test_a_link_out_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(16))
    home = tmp_path / "home"
    home.mkdir()
    (home / "w.bin").symlink_to(tmp_path / "secret")
    (home / "sub").symlink_to(tmp_path)
    path = home / "m.onnx"
    for location in ("w.bin", "sub/secret"):
        onnx.save(model(weights=[external(location)]), path)
        refused(path, "a link that leads out of it")


def test_a_link_loop_and_a_pipe_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / "m.onnx"
    onnx.save(model(weights=[external("loop")]), path)
    with pytest.raises(ModelError, match=r"cannot be opened|link"):
        limits.read_model(path)
    onnx.save(model(weights=[external("pipe")]), path)
    refused(path, "not a regular file")


def test_external_data_in_the_directory_may_be_there_or_missing(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(weights=[external("sub/w.bin")]), path)
    limits.read_model(path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "w.bin").write_bytes(bytes(16))
    limits.read_model(path)
    (tmp_path / "sub" / "w.bin").write_bytes(bytes(15))
    refused(path, "fetch the whole file")


def long_file(path: Path, size: int) -> None:
    """A file with a hole of ``size`` bytes."""
    with path.open("wb") as file:
        file.truncate(size)


def test_external_data_without_a_length_is_as_long_as_the_tensor(tmp_path: Path) -> None:
    """Beside a file of 12 GiB only the tensor's sixteen bytes are read."""
    path = tmp_path / "m.onnx"
    long_file(tmp_path / "w.bin", 12 << 30)
    weight = external("w.bin", offset=str(11 << 30))
    onnx.save(model(weights=[weight]), path)
    tensor = limits.read_model(path).graph.initializer[0]
    numbers = Stored(tensor, str(tmp_path)).numbers
    assert numbers is not None and [*numbers] == [0.0] * 4
    assert bring_in(tensor, tmp_path) and tensor.raw_data == bytes(16)


@pytest.mark.parametrize("length", ["3", "15", "17", str(3 << 30)])
def test_a_length_other_than_the_tensors_is_refused(tmp_path: Path, length: str) -> None:
    path = tmp_path / "m.onnx"
    long_file(tmp_path / "w.bin", 4 << 30)
    onnx.save(model(weights=[external("w.bin", length=length)]), path)
    refused(path, f"has {length} bytes of data in w.bin where its shape needs 16")


def test_a_tensor_beyond_what_a_protobuf_holds_is_mapped_and_not_brought_in(tmp_path: Path) -> None:
    weight = external("w.bin")
    weight.dims[:] = [3 << 28]
    long_file(tmp_path / "w.bin", 3 << 30)
    assert not bring_in(weight, tmp_path)
    numbers = Stored(weight, str(tmp_path)).numbers
    assert numbers is not None and len(numbers) == 3 << 28 and numbers[-1] == 0.0


def test_text_outside_of_the_file_is_refused(tmp_path: Path) -> None:
    weight = external("w.bin")
    weight.data_type = TensorProto.STRING
    onnx.save(model(weights=[weight]), tmp_path / "m.onnx")
    refused(tmp_path / "m.onnx", "where only numbers can lie")


@pytest.mark.parametrize(
    "entries", [{"offset": "-1"}, {"length": "1e9"}, {"offset": "9" * 30}, {"length": "0x10"}]
)
def test_offsets_that_are_no_numbers_are_refused(tmp_path: Path, entries: dict[str, str]) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(weights=[external("w.bin", **entries)]), path)
    refused(path, "not a number of bytes")


def test_a_model_reached_through_a_link_is_read(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    onnx.save(model(weights=[numpy_helper.from_array(np.ones((300, 300), np.float32), "w")]), store / "blob")
    (tmp_path / "m.onnx").symlink_to(store / "blob")
    assert limits.read_model(tmp_path / "m.onnx").graph.initializer[0].dims == [300, 300]


# --- time ---


def test_the_deadline_interrupts_code_that_survives_exceptions() -> None:
    def stubborn() -> None:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                sum(range(1000))
            except Exception:
                continue

    with pytest.raises(ModelError, match=r"takes longer than 0\.05 s"), deadline("m.onnx", 0.05):
        stubborn()


def test_the_deadline_leaves_nothing_behind() -> None:
    import signal

    with deadline("m.onnx", 60):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
