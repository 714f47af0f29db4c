"""Weights beside the file: where they may lie, and how much of them is read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from sensorfit.errors import ModelError
from sensorfit.graph import limits
from sensorfit.graph.external import bring_in
from sensorfit.graph.fold import Stored
from tests.graph.small_models import external, model, refused


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
