"""The constants a file stores: which there are, whether their data is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import onnx

from ..runtime import onnx_version
from .subgraphs import subgraphs

onnx_version.need(onnx.__version__)  # before the first name that an older one lacks

FLOATS: Final = frozenset(
    {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE}
)
RAW_BITS: Final = {
    getattr(onnx.TensorProto, name): bits
    for bits, names in {
        4: ("INT4", "UINT4"),
        8: ("INT8", "UINT8", "BOOL", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ"),
        16: ("INT16", "UINT16", "FLOAT16", "BFLOAT16"),
        32: ("INT32", "UINT32", "FLOAT"),
        64: ("INT64", "UINT64", "DOUBLE", "COMPLEX64"),
        128: ("COMPLEX128",),
    }.items()
    for name in names
}
"""Bits of an element in ``raw_data``, by data type (the ONNX specification; the numpy types of onnx are wider for some)."""
DATA_FIELDS: Final = (
    "raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data",
)  # fmt: skip


def constants(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Initializers and tensors in attributes, those of subgraphs included."""
    yield from graph.initializer
    for node in graph.node:
        yield from (a.t for a in node.attribute if a.HasField("t"))
        for inner in subgraphs(node):
            yield from constants(inner)


def is_external(tensor: onnx.TensorProto) -> bool:
    """Whether the data lies in another file."""
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL)


def location(tensor: onnx.TensorProto) -> str:
    """The file that external data lies in, relative to the model's directory."""
    return next((entry.value for entry in tensor.external_data if entry.key == "location"), "")


def has_data(tensor: onnx.TensorProto) -> bool:
    """Whether the data is in the tensor itself."""
    return not is_external(tensor) and any(getattr(tensor, field) for field in DATA_FIELDS)
