"""Weightless graphs: an ONNX file without its weights.

    initializer with data ─► initializer with name, dims and data type only

Shapes are what a check needs, so a reference model of hundreds of megabytes
ships as a few hundred kilobytes. Constants that steer the graph keep their
data: integers, booleans, and anything of at most ``KEEP`` elements. The
model's metadata says ``sensorfit.weights = stripped``.
"""

from __future__ import annotations

from math import prod

import onnx

from .stored import DATA_FIELDS, FLOATS, constants

KEEP = 1024
"""Floating-point constants up to this many elements keep their data (scales, epsilons, positional grids)."""

METADATA_KEY = "sensorfit.weights"
STRIPPED = "stripped"


def strip_weights(model: onnx.ModelProto, keep: int = KEEP) -> onnx.ModelProto:
    """Remove the weights' data from ``model``, in place, and return it.

    ``keep``: floating-point constants of at most this many elements stay as
    they are, as do all integers and booleans.
    """
    for tensor in constants(model.graph):
        if tensor.data_type in FLOATS and prod(tensor.dims) > keep:
            for field in (*DATA_FIELDS, "external_data", "data_location"):
                tensor.ClearField(field)
    for entry in model.metadata_props:
        if entry.key == METADATA_KEY:
            entry.value = STRIPPED
            return model
    model.metadata_props.add(key=METADATA_KEY, value=STRIPPED)
    return model


def is_stripped(model: onnx.ModelProto) -> bool:
    """Whether ``model`` says of itself that its weights are absent."""
    return any(e.key == METADATA_KEY and e.value == STRIPPED for e in model.metadata_props)
