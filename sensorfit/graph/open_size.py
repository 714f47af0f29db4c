"""A shape for an image whose size is open, at which the network can be loaded: something to begin with."""

from __future__ import annotations

from typing import Final

import onnx

from ..errors import SensorfitError
from .image import looks_channels_last
from .ir import Graph
from .load import load

CHANNELS: Final = 3
SIZES: Final = ((224, 224), (320, 320), (256, 256), (48, 320), (32, 320), (64, 256))
"""Height and width: squares, as most networks take them; strips, as readers of text lines do."""


def closed(model: onnx.ModelProto, graph: Graph) -> tuple[int, ...]:
    """The first shape of ``SIZES`` that ``model``, loaded as ``graph``, takes; () for another input or where it takes none."""
    name = graph.inputs[0] if len(graph.inputs) == 1 else ""
    shape = graph.shape(name) if name else None
    if shape is None or len(shape) != 4:
        return ()
    last = looks_channels_last(shape)
    if None not in (shape[1:3] if last else shape[2:]):
        return ()
    for height, width in SIZES:
        if last:
            tried = (1, shape[1] or height, shape[2] or width, shape[3] or CHANNELS)
        else:
            tried = (1, shape[1] or CHANNELS, shape[2] or height, shape[3] or width)
        if _takes(model, name, tried):
            return tried
    return ()


def _takes(model: onnx.ModelProto, name: str, shape: tuple[int, ...]) -> bool:
    try:
        graph = load(model, None, {name: shape})
    except SensorfitError:
        return False
    return all(graph.shape(output) is not None for output in graph.outputs)
