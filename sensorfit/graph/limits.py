"""Bounds on a model that a stranger sent, and the reading that keeps to them.

``read_model`` opens a file and ``check_model_limits`` looks at the message
before anything walks it; ``sensorfit.runtime.deadline`` bounds the time. Whatever exceeds a bound is a
ModelError: one sentence, exit 2. ``docs/ci.md`` lists the bounds.

Nothing here loads external data, runs code from a model or opens a connection.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import DecodeError
from onnx import (
    AttributeProto,
    GraphProto,
    ModelProto,
    NodeProto,
    SparseTensorProto,
    TensorProto,
    TensorShapeProto,
    TypeProto,
)

from ..errors import ModelError
from ..units import show_shape
from . import wire
from .external import external_range, payload_bytes
from .functions import check_function_limits
from .other_formats import FIRST_BYTES, named
from .stored import RAW_BITS
from .subgraphs import attribute_graphs

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
        first = file.read(FIRST_BYTES)
        file.seek(0)
        if status.st_size > MAX_FILE_BYTES:
            if kind := named(name, first):
                raise ModelError(f"{name}: {kind}")
            raise ModelError(
                f"{name}: is larger than 2 GiB, which no ONNX protobuf can be; save its weights as external data"
            )
        try:
            if status.st_size <= _SMALL_BYTES:
                return parse_model(file.read(_SMALL_BYTES + 1), name)
            with mmap(file.fileno(), 0, access=ACCESS_READ) as view:
                return parse_model(view, name, location=path.name)
        except ModelError:
            if kind := named(name, first):
                raise ModelError(f"{name}: {kind}") from None
            raise
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
        seen.attributes(function.attribute_proto)
        for inner in (*attribute_graphs(function.attribute_proto), *seen.nodes_of(function.node, 0)):
            seen.graph(inner, 1)
    check_function_limits(
        proto, name, max_nodes=MAX_NODES, max_bytes=MAX_STRUCTURE_BYTES, max_depth=MAX_SUBGRAPH_DEPTH
    )


class _Seen:
    """Running totals over a model's graphs."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name, self.directory, self.nodes, self.tensors = name, directory, 0, 0

    def graph(self, graph: GraphProto, depth: int = 0) -> None:
        waiting = [(graph, depth)]
        while waiting:
            graph, depth = waiting.pop()
            self.tensors += len(graph.initializer) + len(graph.sparse_initializer) + len(graph.value_info)
            self.tensors += len(graph.input) + len(graph.output)
            if self.tensors > MAX_TENSORS:
                raise ModelError(f"{self.name}: has more than {MAX_TENSORS:,} tensors")
            for info in (*graph.input, *graph.output, *graph.value_info):
                self.text(info.name)
                for shape in _shapes(info.type):
                    for dim in shape.dim:
                        self.text(dim.dim_param)
                    self.dims(_dims(shape), info.name)
            for tensor in graph.initializer:
                self.tensor(tensor)
            for sparse in graph.sparse_initializer:
                self.sparse(sparse)
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
            self.attributes(node.attribute)
            found += attribute_graphs(node.attribute)
        if found and depth + 1 > MAX_SUBGRAPH_DEPTH:
            raise ModelError(f"{self.name}: has subgraphs nested more than {MAX_SUBGRAPH_DEPTH} deep")
        return found

    def attributes(self, attributes: Iterable[AttributeProto]) -> None:
        for attribute in attributes:
            self.text(attribute.name)
            for tensor in (*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors):
                self.tensor(tensor)
            sparse = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
            for one in (*sparse, *attribute.sparse_tensors):
                self.sparse(one)

    def sparse(self, sparse: SparseTensorProto) -> None:
        """A sparse tensor's shape, and values and indices that can belong to it."""
        name, dims = sparse.values.name or "sparse_value", tuple(sparse.dims)
        self.dims(dims, name)
        if sparse.values.data_type not in RAW_BITS:
            raise ModelError(
                f"{self.name}: sparse tensor '{name}' has type {sparse.values.data_type}, which is no type of numbers"
            )
        self.tensor(sparse.values)
        self.tensor(sparse.indices)
        given, places = tuple(sparse.values.dims), tuple(sparse.indices.dims)
        if len(given) != 1 or given[0] > prod(dims) or places not in (given, (*given, len(dims))):
            raise ModelError(
                f"{self.name}: sparse tensor '{name}' of shape {show_shape(dims)} has values {show_shape(given)} at indices "
                f"{show_shape(places)}, which do not go together; export the model again"
            )
        self.places(sparse, name)

    def places(self, sparse: SparseTensorProto, name: str) -> None:
        """The indices of a sparse tensor, which must lie in it."""
        indices, dims = sparse.indices, tuple(sparse.dims)
        if indices.data_type != TensorProto.INT64:
            raise ModelError(f"{self.name}: sparse tensor '{name}' has indices that are no 64-bit numbers")
        stored: Any = memoryview(indices.raw_data).cast("q") if indices.raw_data else indices.int64_data
        if stored and len(stored) != prod(indices.dims):
            raise ModelError(
                f"{self.name}: sparse tensor '{name}' has another number of indices than it says"
            )
        sizes = (prod(dims),) if len(indices.dims) == 1 else dims
        for axis, size in enumerate(sizes if stored else ()):
            along = stored[axis :: len(sizes)]
            if min(along) < 0 or max(along) >= size:
                raise ModelError(
                    f"{self.name}: sparse tensor '{name}' of shape {show_shape(dims)} has an index outside of it; "
                    "export the model again"
                )

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


def _shapes(kind: TypeProto) -> Iterator[TensorShapeProto]:
    """The shapes in a type: a tensor's, those of a sequence's or a map's elements."""
    waiting = [kind]
    while waiting:
        kind = waiting.pop()
        form = kind.WhichOneof("value")
        if form in ("tensor_type", "sparse_tensor_type"):
            yield getattr(kind, form).shape
        elif form in ("sequence_type", "optional_type"):
            waiting.append(getattr(kind, form).elem_type)
        elif form == "map_type":
            waiting.append(kind.map_type.value_type)


def _dims(shape: TensorShapeProto) -> tuple[int, ...]:
    """The known dimensions; unknown ones count as 1, and so does the -1 that some exporters write for them."""
    return tuple(d.dim_value if d.HasField("dim_value") and d.dim_value != -1 else 1 for d in shape.dim)


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
