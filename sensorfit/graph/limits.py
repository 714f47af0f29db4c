"""Bounds on a model that a stranger sent, and the reading that keeps to them.

``read_model`` opens a file and ``check_model_limits`` looks at the message
before anything walks it; ``sensorfit.runtime.deadline`` bounds the time. Whatever exceeds a bound is a
ModelError: one sentence, exit 2. ``docs/ci.md`` lists the bounds.

Nothing here loads external data, runs code from a model or opens a connection.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto

from ..errors import ModelError
from . import wire
from .stored import RAW_BITS
from .subgraphs import subgraphs

MAX_FILE_BYTES: Final = 2**31 - 1
"""What a protobuf can hold; larger models keep their weights in external data."""
MAX_STRUCTURE_BYTES: Final = 32 * 2**20
"""What may remain of a file without its large tensor payloads."""
MAX_FIELDS: Final = 2_000_000
"""Protobuf fields outside the weights; bounds the parser's memory near 400 MB."""
MAX_NODES: Final = 100_000
"""Nodes, those of subgraphs and of every expansion of a local function included."""
MAX_TENSORS: Final = 400_000
"""Initializers, inputs, outputs and recorded shapes, those of subgraphs included."""
MAX_RANK: Final = 64
MAX_ELEMENTS: Final = 2**34
"""Elements of one tensor: 64 GiB in float32, eight thousand times the sensor's memory."""
MAX_SUBGRAPH_DEPTH: Final = 16
MAX_NAME_BYTES: Final = 4096
MAX_OPSET: Final = 1000
"""ONNX is at opset 2x; a number far above is no version."""
MAX_FOLDED_BYTES: Final = 64 * 2**20
"""A constant that the loader may compute (ConstantOfShape, Expand, Tile, ...)."""

_SMALL_BYTES: Final = 256 * 1024
"""Files up to this size are parsed as they are: even the worst makes 40 MB of objects."""


def read_model(path: str | Path) -> ModelProto:
    """The model in the file ``path``, within the limits, its large weights left there as external data.

    ModelError when there is no such file, it is not a regular file (a
    directory, a pipe, a device), is empty, truncated, over a bound, or not ONNX.
    """
    path = Path(path)
    name = str(path)
    try:
        # O_NONBLOCK: opening a pipe nobody writes to must not wait.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise ModelError(f"{name}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{name}: cannot be opened ({reason})") from None
    model = _parse_file(handle, path)
    check_model_limits(model, path)
    return model


def _parse_file(handle: int, path: Path) -> ModelProto:
    name = str(path)
    status = os.fstat(handle)
    if stat.S_ISDIR(status.st_mode):
        os.close(handle)
        raise ModelError(f"{name}: is a directory, not an ONNX file")
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{name}: is not a regular file; save the model to disk and check that")
        if status.st_size == 0:
            raise ModelError(f"{name}: the file is empty")
        if status.st_size > MAX_FILE_BYTES:
            raise ModelError(
                f"{name}: is larger than 2 GiB, which no ONNX protobuf can be; save its weights as external data"
            )
        try:
            if status.st_size <= _SMALL_BYTES:
                return parse_model(file.read(_SMALL_BYTES + 1), name)
            with mmap(file.fileno(), 0, access=ACCESS_READ) as view:
                return parse_model(view, name, location=path.name)
        except OSError as error:
            raise ModelError(f"{name}: cannot be read ({error.strerror or error})") from None


def parse_model(data: Any, name: str, location: str = "") -> ModelProto:
    """The model in ``data``; with ``location`` large weights become external data there."""
    model = ModelProto()
    try:
        if location:
            data = wire.slim(data, location, max_bytes=MAX_STRUCTURE_BYTES, max_fields=MAX_FIELDS)
        if len(data) > _SMALL_BYTES:
            wire.count(data, MAX_FIELDS)
        model.ParseFromString(bytes(data))
    except wire.WireError as error:
        raise ModelError(f"{name}: is not a usable ONNX file: {error}") from None
    except (DecodeError, UnicodeDecodeError, ValueError, RuntimeError):
        raise ModelError(f"{name}: is not an ONNX file, or a truncated one; export it again") from None
    if not model.HasField("graph") or not (model.ir_version or model.opset_import):
        raise ModelError(f"{name}: is not an ONNX file: it has no graph or no opset; export it again")
    return model


def check_model_limits(proto: ModelProto, path: str | Path | None = None) -> None:
    """ModelError unless ``proto`` keeps to every bound of this module.

    ``path`` is the file it came from: external data must lie in its directory.
    None (a model made in memory) takes the working directory.
    """
    name = str(path) if path is not None else proto.graph.name or "model"
    directory = Path(path).parent if path is not None else Path()
    for opset in proto.opset_import:
        if not 0 <= opset.version <= MAX_OPSET:
            raise ModelError(
                f"{name}: opset {opset.version} of domain '{opset.domain[:40]}' is no version of ONNX"
            )
    seen = _Seen(name, directory)
    about = [proto.producer_name, proto.producer_version, proto.domain, proto.graph.name]
    about += [o.domain for o in proto.opset_import]
    about += [t for p in proto.metadata_props for t in (p.key, p.value[:MAX_NAME_BYTES])]
    about += [t for f in proto.functions for t in (f.name, f.domain, *f.input, *f.output, *f.attribute)]
    for text in about:
        seen.text(text)
    seen.graph(proto.graph)
    for function in proto.functions:
        seen.nodes_of(function.node, 0)
    check_function_limits(proto, name)


class _Seen:
    """Running totals over a model's graphs."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name, self.directory, self.nodes, self.tensors = name, directory, 0, 0

    def graph(self, graph: GraphProto) -> None:
        waiting = [(graph, 0)]
        while waiting:
            graph, depth = waiting.pop()
            self.tensors += len(graph.initializer) + len(graph.sparse_initializer) + len(graph.value_info)
            self.tensors += len(graph.input) + len(graph.output)
            if self.tensors > MAX_TENSORS:
                raise ModelError(f"{self.name}: has more than {MAX_TENSORS:,} tensors")
            for info in (*graph.input, *graph.output, *graph.value_info):
                self.text(info.name)
                for dim in info.type.tensor_type.shape.dim:
                    self.text(dim.dim_param)
                if info.type.HasField("tensor_type"):
                    self.dims(_dims(info.type.tensor_type.shape), info.name)
            for tensor in graph.initializer:
                self.tensor(tensor)
            for sparse in graph.sparse_initializer:
                self.dims(sparse.dims, sparse.values.name)
                self.tensor(sparse.values)
                self.tensor(sparse.indices)
            waiting += [(inner, depth + 1) for inner in self.nodes_of(graph.node, depth)]

    def nodes_of(self, nodes: Iterable[NodeProto], depth: int) -> list[GraphProto]:
        """Checks each node; the subgraphs found, which stand one deeper than ``depth``."""
        found: list[GraphProto] = []
        for node in nodes:
            self.nodes += 1
            if self.nodes > MAX_NODES:
                raise ModelError(f"{self.name}: has more than {MAX_NODES:,} nodes")
            for text in (node.name, node.op_type, node.domain, *node.input, *node.output):
                self.text(text)
            for attribute in node.attribute:
                self.text(attribute.name)
                if attribute.HasField("t"):
                    self.tensor(attribute.t)
                for tensor in attribute.tensors:
                    self.tensor(tensor)
            found += subgraphs(node)
        if found and depth + 1 > MAX_SUBGRAPH_DEPTH:
            raise ModelError(f"{self.name}: has subgraphs nested more than {MAX_SUBGRAPH_DEPTH} deep")
        return found

    def text(self, text: str | bytes) -> None:
        if isinstance(text, bytes):  # what protobuf makes of a string that is no UTF-8
            raise ModelError(f"{self.name}: has a name that is not UTF-8 text ({text[:40]!r})")
        if len(text) > MAX_NAME_BYTES:
            raise ModelError(
                f"{self.name}: has a name longer than {MAX_NAME_BYTES} characters ({text[:40]}…)"
            )

    def tensor(self, tensor: TensorProto) -> None:
        self.text(tensor.name)
        self.dims(tensor.dims, tensor.name)
        if tensor.data_location == TensorProto.EXTERNAL:
            external_range(tensor, self.directory, self.name)
        elif tensor.HasField("raw_data") and tensor.raw_data:
            expected = payload_bytes(tensor)
            if expected is not None and len(tensor.raw_data) != expected:
                raise ModelError(
                    f"{self.name}: initializer '{tensor.name}' holds {len(tensor.raw_data)} bytes where its "
                    f"shape needs {expected}; export the model again"
                )

    def dims(self, dims: Iterable[int], tensor: str) -> None:
        check_shape(tuple(dims), tensor, self.name)


def _dims(shape: TensorShapeProto) -> tuple[int, ...]:
    """The known dimensions; unknown ones count as 1."""
    return tuple(d.dim_value if d.HasField("dim_value") else 1 for d in shape.dim)


def check_shape(shape: tuple[int | None, ...], tensor: str, name: str) -> None:
    """ModelError unless ``shape`` is one a tensor can have: rank, sign and number of elements."""
    if len(shape) > MAX_RANK:
        raise ModelError(f"{name}: tensor '{tensor}' has {len(shape)} dimensions, more than {MAX_RANK}")
    elements = 1
    for dim in shape:
        if dim is None:
            continue
        if dim < 0:
            raise ModelError(f"{name}: tensor '{tensor}' has a negative dimension ({dim})")
        elements *= max(dim, 1)  # a 0 must not hide an absurd neighbour
        if elements > MAX_ELEMENTS:
            raise ModelError(f"{name}: tensor '{tensor}' has more than 2^34 elements, too many to be meant")


def payload_bytes(tensor: TensorProto) -> int | None:
    """Bytes that ``tensor``'s dims and type need; None for strings and types unknown here."""
    bits = RAW_BITS.get(tensor.data_type)
    return None if bits is None else (prod(tensor.dims) * bits + 7) // 8


def external_range(tensor: TensorProto, directory: Path, name: str) -> tuple[Path, int, int] | None:
    """(file, offset, bytes) of a tensor's external data; None when that file is absent.

    ModelError when the location is not a plain path inside ``directory``
    (absolute, ``..``, a symlink that leads elsewhere, a pipe or device), the
    numbers are no numbers, or the file is too short.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    where = f"{name}: initializer '{tensor.name}'"
    if not location or "\0" in location or len(location) > MAX_NAME_BYTES:
        raise ModelError(f"{where} keeps its data in a file without a usable name")
    parts = (PurePosixPath(location), PureWindowsPath(location))
    if any(p.is_absolute() or p.drive or p.root or ".." in p.parts for p in parts):
        raise ModelError(
            f"{where} keeps its data outside the model's directory ({location}); put it beside the model"
        )
    numbers = []
    for key in ("offset", "length"):
        text = entries.get(key, "") or "0"
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise ModelError(
                f"{where} has an external data {key} that is not a number of bytes ({text[:40]})"
            )
        numbers.append(int(text))
    offset, length = numbers
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
    length = length or (payload_bytes(tensor) or 0)
    if offset + length > status.st_size:
        raise ModelError(
            f"{where} needs bytes {offset} to {offset + length} of {location}, which has {status.st_size}; "
            "fetch the whole file (git lfs pull?) or remove it to check shapes only"
        )
    return file, offset, length


def check_function_limits(proto: ModelProto, name: str) -> None:
    """Local functions may not call themselves, nor expand to more than ``MAX_NODES`` nodes."""
    bodies = {(f.domain, f.name): f.node for f in proto.functions}
    if not bodies:
        return
    calls = {key: [(n.domain, n.op_type) for n in nodes] for key, nodes in bodies.items()}
    size: dict[tuple[str, str], int] = {}
    for start in bodies:
        open_, stack = {start}, [start]
        while stack:  # depth first, without recursion
            key = stack[-1]
            todo = [c for c in dict.fromkeys(calls[key]) if c in bodies and c not in size]
            if not todo or key in size:
                size.setdefault(key, sum(size.get(c, 1) for c in calls[key]))
                open_.discard(stack.pop())
            elif todo[0] in open_:
                raise ModelError(f"{name}: local function '{todo[0][1]}' calls itself")
            else:
                open_.add(todo[0])
                stack.append(todo[0])
    total = sum(size.get((n.domain, n.op_type), 1) for n in proto.graph.node)
    if total > MAX_NODES:
        raise ModelError(f"{name}: its local functions expand to more than {MAX_NODES:,} nodes")
