"""Tensor data beside the model's file: where it may lie, how much of it is read.

A tensor's type and dimensions say how many bytes it has. Exactly those are
read: a stated length that is another is refused, and a file may be longer.
"""

from __future__ import annotations

import os
import stat
from math import prod
from mmap import ACCESS_READ, ALLOCATIONGRANULARITY, mmap
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from onnx import TensorProto

from ..errors import ModelError
from .stored import RAW_BITS

MAX_NAME_BYTES: Final = 4096
MAX_BROUGHT_IN_BYTES: Final = 2**31 - 1
"""What a tensor of a protobuf can hold."""


def payload_bytes(tensor: TensorProto) -> int | None:
    """Bytes that ``tensor``'s dims and type need; None for strings and types unknown here."""
    bits = RAW_BITS.get(tensor.data_type)
    return None if bits is None else (prod(tensor.dims) * bits + 7) // 8


def external_range(tensor: TensorProto, directory: Path, name: str) -> tuple[Path, int, int] | None:
    """(file, offset, bytes) of a tensor's external data; None when that file is absent.

    ModelError when the location is not a plain path inside ``directory``
    (absolute, ``..``, a symlink that leads elsewhere, a pipe or device), the
    numbers are no numbers, the length is not what the tensor needs, or the file is too short.
    """
    where = f"{name}: initializer '{tensor.name}'"
    location, offset, needed = _stated(tensor, where)
    file = directory / location
    try:
        home, real = directory.resolve(), file.resolve()
        # the model named on the command line may itself be a link to anywhere
        inside = real.is_relative_to(home) or file == Path(name)
        status = real.stat() if inside else None
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{where} keeps its data in {location}, which cannot be opened ({error})") from None
    if status is None:
        raise ModelError(
            f"{where} keeps its data outside the model's directory ({location} is a link that leads out of it)"
        )
    if not stat.S_ISREG(status.st_mode):
        raise ModelError(f"{where} keeps its data in {location}, which is not a regular file")
    if offset + needed > status.st_size:
        raise ModelError(
            f"{where} needs bytes {offset} to {offset + needed} of {location}, which has {status.st_size}; "
            "fetch the whole file (git lfs pull?) or remove it to check shapes only"
        )
    return file, offset, needed


def _stated(tensor: TensorProto, where: str) -> tuple[str, int, int]:
    """(location, offset, bytes) as the file has them, each held to what it can be."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    if not location or "\0" in location or len(location) > MAX_NAME_BYTES:
        raise ModelError(f"{where} keeps its data in a file without a usable name")
    parts = (PurePosixPath(location), PureWindowsPath(location))
    if any(p.is_absolute() or p.drive or p.root or ".." in p.parts for p in parts):
        raise ModelError(
            f"{where} keeps its data outside the model's directory ({location}); put it beside the model"
        )
    offset, length = (_number(entries.get(key, ""), key, where) for key in ("offset", "length"))
    needed = payload_bytes(tensor)
    if needed is None:
        raise ModelError(
            f"{where} keeps its data in {location}, where only numbers can lie; export the model again"
        )
    if length and length != needed:
        raise ModelError(
            f"{where} has {length} bytes of data in {location} where its shape needs {needed}; export the model again"
        )
    return location, offset, needed


def _number(text: str, key: str, where: str) -> int:
    text = text or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ModelError(f"{where} has an external data {key} that is not a number of bytes ({text[:40]})")
    return int(text)


def mapped(tensor: TensorProto, directory: Path) -> memoryview | None:
    """The bytes of external data in ``directory``, mapped and not read; None where they are not there.

    For a tensor that ``external_range`` has let through.
    """
    try:
        location, offset, needed = _stated(tensor, tensor.name)
        if not needed:
            return memoryview(b"")
        page = offset - offset % ALLOCATIONGRANULARITY  # where a map may begin
        handle = os.open(directory / location, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            view = mmap(handle, needed + offset - page, access=ACCESS_READ, offset=page)
        finally:
            os.close(handle)
    except (ModelError, OSError, ValueError, OverflowError):  # mmap refuses what the file is too short for
        return None
    return memoryview(view)[offset - page :]


def bring_in(tensor: TensorProto, directory: Path) -> bool:
    """Copy external data below ``directory`` into ``tensor``; whether it was there and a tensor can hold it."""
    data = mapped(tensor, directory)
    if data is None or len(data) > MAX_BROUGHT_IN_BYTES:
        return False
    tensor.raw_data = bytes(data)
    tensor.ClearField("data_location")  # written out, even DEFAULT would be one more field of the file
    del tensor.external_data[:]
    return True
