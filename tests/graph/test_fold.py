"""Values of constants: what numpy reads, without numpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from sensorfit.graph import fold
from sensorfit.graph.external import payload_bytes
from sensorfit.graph.fold import Allowance, Folded, Stored
from sensorfit.graph.ir import Graph
from sensorfit.graph.sparse import Sparse
from sensorfit.graph.stored import RAW_BITS

VALUES = {
    TensorProto.FLOAT: (0.5, -2.0), TensorProto.DOUBLE: (0.1, 1e300), TensorProto.FLOAT16: (0.5, 2.0), TensorProto.INT64: (-1, 2**40),
    TensorProto.INT32: (-7, 2**31 - 1), TensorProto.INT8: (-128, 127), TensorProto.UINT8: (0, 255), TensorProto.INT16: (-300, 5),
    TensorProto.UINT32: (0, 2**32 - 1), TensorProto.UINT64: (1, 2**63), TensorProto.BOOL: (True, False),
}  # fmt: skip


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "typed"])
@pytest.mark.parametrize("kind", VALUES, ids=[TensorProto.DataType.Name(k) for k in VALUES])
def test_numbers_are_those_that_numpy_reads(kind: int, raw: bool) -> None:
    array = np.array([VALUES[kind]], helper.tensor_dtype_to_np_dtype(kind))
    tensor = (
        numpy_helper.from_array(array) if raw else helper.make_tensor("w", kind, array.shape, VALUES[kind])
    )
    stored = Stored(tensor)
    assert stored.numbers is not None and [*stored.numbers] == array.reshape(-1).tolist()
    assert stored.array is not None and np.array_equal(stored.array, array)
    assert stored.proto is not None and np.array_equal(numpy_helper.to_array(stored.proto), array)
    assert stored.proto.name == ""


@pytest.mark.parametrize(
    "tensor",
    [
        TensorProto(data_type=TensorProto.FLOAT, dims=[2]),
        TensorProto(data_type=TensorProto.FLOAT, dims=[2], raw_data=b"12345"),
        TensorProto(data_type=TensorProto.INT64, dims=[2], int64_data=[1]),
        TensorProto(data_type=TensorProto.INT8, dims=[2], raw_data=b"123"),
        TensorProto(data_type=TensorProto.STRING, dims=[1], string_data=[b"3"]),
        TensorProto(data_type=TensorProto.COMPLEX64, dims=[1], float_data=[1, 0]),
        TensorProto(data_type=TensorProto.BFLOAT16, dims=[1], raw_data=b"\x80\x3f"),
        TensorProto(data_type=77, dims=[1], raw_data=b"1"),
    ],
    ids=["stripped", "odd-bytes", "too-few", "too-many", "text", "complex", "bfloat16", "unknown-type"],
)
def test_what_holds_no_numbers_has_none(tensor: TensorProto) -> None:
    assert Stored(tensor).numbers is None
    assert Stored(tensor).proto is None


def test_an_empty_tensor_holds_no_number_and_is_there() -> None:
    stored = Stored(TensorProto(data_type=TensorProto.FLOAT, dims=[0]))
    assert stored.numbers is not None and len(stored.numbers) == 0
    assert stored.proto is not None


def test_data_beside_the_file_is_read_from_there(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(np.array([3, 4], np.int64).tobytes())
    tensor = TensorProto(data_type=TensorProto.INT64, dims=[2], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w.bin")
    stored = Stored(tensor, str(tmp_path))
    assert stored.numbers is not None and [*stored.numbers] == [3, 4]
    assert tensor.data_location == TensorProto.EXTERNAL  # the caller's is not changed
    assert Stored(tensor).numbers is None
    (tmp_path / "w.bin").unlink()
    assert Stored(tensor, str(tmp_path)).numbers is None


def test_a_fold_is_evaluated_from_its_inputs() -> None:
    node = helper.make_node("Concat", ["a", "b"], ["c"], axis=0)
    one = Stored(TensorProto(data_type=TensorProto.INT64, dims=[1], int64_data=[1]))
    folded = Folded(node, [one, Folded(helper.make_node("Neg", ["a"], ["b"]), [one], 0, 17)], 0, 17)
    assert folded.numbers is not None and [*folded.numbers] == [1, -1]
    assert folded.proto is not None and [*numpy_helper.to_array(folded.proto)] == [1, -1]
    absent = Stored(TensorProto(data_type=TensorProto.INT64, dims=[1]))
    assert Folded(node, [one, absent], 0, 17).numbers is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8, np.bool_])
@pytest.mark.parametrize("values", [[0], [0, 1], [1], []])
def test_numbers_are_true_where_there_are_any(values: list[int], dtype: type) -> None:
    """Stored or folded: an array of one zero is false, and one of two has no truth."""
    tensor = numpy_helper.from_array(np.array(values, dtype), "a")
    folded = Folded(helper.make_node("Identity", ["a"], ["b"]), [Stored(tensor)], 0, 17)
    for constant in (Stored(tensor), folded):
        assert constant.numbers is not None
        assert bool(constant.numbers) == bool(values) and [*constant.numbers] == values


def test_the_constants_of_a_model_are_evaluated_within_one_allowance(
    graph_of: Callable[[str], Graph],
) -> None:
    """Half of the bound for each of the two processes that judge; what is beyond stays constant, without a value."""
    share = fold.MAX_FOLDED_BYTES // fold.PROCESSES
    count = 8
    side = share // 6 // 4 // 1024  # six of eight fit
    text = " ".join(
        f"z{i} = ConstantOfShape(s) a{i} = Add({f'a{i - 1}' if i else 'x'}, z{i})" for i in range(count)
    )
    graph = graph_of(
        f"g (float[1024,{side}] x) => (float[1024,{side}] a{count - 1}) <int64[2] s = {{1024,{side}}}> {{ {text} }}"
    )
    found = [graph.numbers(f"z{i}") for i in range(count)]
    assert [values is not None for values in found] == [True] * 6 + [False] * 2
    assert all(graph.is_constant(f"z{i}") for i in range(count))
    assert graph.numbers("z0") is not None


@pytest.mark.parametrize("kind", RAW_BITS, ids=TensorProto.DataType.Name)
def test_onnx_agrees_on_the_bytes_of_every_type(kind: int) -> None:
    needed = payload_bytes(TensorProto(data_type=kind, dims=[3]))
    assert needed is not None
    assert helper.make_tensor("w", kind, [3], b"\0" * needed, raw=True).raw_data
    with pytest.raises(ValueError):
        helper.make_tensor("w", kind, [3], b"\0" * (needed + 1), raw=True)


@pytest.mark.parametrize("places", [[1, 5], [[0, 1], [1, 2]]])
@pytest.mark.parametrize("raw", [False, True])
def test_a_tensor_stored_by_its_values_is_written_out_where_they_are_asked_for(
    places: Any, raw: bool
) -> None:
    values = numpy_helper.from_array(np.array([2, 3], np.float32), "w")
    where = numpy_helper.from_array(np.array(places, np.int64), "places")
    if not raw:
        where = helper.make_tensor("places", TensorProto.INT64, where.dims, np.ravel(places).tolist())
    sparse = helper.make_sparse_tensor(values, where, [2, 3])
    found = Sparse(sparse, None, Allowance())
    assert [*(found.numbers or ())] == [0, 2, 0, 0, 0, 3] and found.there
    assert not Sparse(sparse, None, Allowance(0)).there


@pytest.mark.parametrize("places", [[0], np.zeros((1, 0))])
def test_a_scalar_stored_by_its_value_is_written_out(places: Any) -> None:
    where = numpy_helper.from_array(np.array(places, np.int64), "places")
    sparse = helper.make_sparse_tensor(numpy_helper.from_array(np.array([7], np.float32), "w"), where, [])
    assert [*(Sparse(sparse, None, Allowance()).numbers or ())] == [7]


def test_numbers_that_overflow_as_they_are_folded_are_not_reported(recwarn: pytest.WarningsRecorder) -> None:
    source = Stored(numpy_helper.from_array(np.array([3e38, 1.0], np.float32), "w"))
    twice = Folded(helper.make_node("Add", ["w", "w"], ["y"]), [source, source], 0, 17, 8)
    made = twice.array
    assert made is not None and np.isinf(made[0])
    assert not recwarn.list
