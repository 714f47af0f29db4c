"""Images whose channels stand last."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.image import looks_channels_last
from sensorfit.graph.ir import Graph
from sensorfit.target import Target
from sensorfit.verify.family import INPUTS
from sensorfit.verify.rule import Issue, rule


@rule("SF519", "ChannelsLast", INPUTS, "graph", misread=True)
def channels_last(graph: Graph, target: Target) -> Iterator[Issue]:
    """An image with its channels last, (1, H, W, C).

    The sensor delivers (1, ${target.input.channels}, H, W). The converter takes an input of (1, 96, 96, 3)
    for an image of 96 channels that is 3 pixels wide, and says nothing: the
    network would run and see stripes. sensorfit build stops at it. Exporters
    from TensorFlow write such files.

    Fails:
        (float[1,96,96,3] image) => (float[1,3,96,96] y) { x = Transpose <perm = [0, 3, 1, 2]> (image) y = Relu (x) }

    Passes:
        (float[1,3,96,96] image) => (float[1,3,96,96] y) { y = Relu (image) }

    Fix: run sensorfit fix, which turns the image and drops the Transpose behind it; or export with channels first
    (tf2onnx: --inputs-as-nchw INPUT).
    """
    for name in graph.inputs[:1]:
        shape = graph.shape(name)
        if shape is not None and looks_channels_last(shape):
            yield Issue(
                f"looks like NHWC: {shape[1]} channels, {shape[3]} pixels wide; the converter would take it so, sensorfit build refuses it",
                "run sensorfit fix, which turns it; or export with channels first (tf2onnx: --inputs-as-nchw)"
                if len(graph.inputs) == 1
                else "export with channels first: tf2onnx has --inputs-as-nchw for it",
                f"{name}: {shape}",
                code="MCT",
                probes=("input_c6",),
                tensor=name,
                message=f"The model: looks like NHWC: {shape[1]} channels, {shape[3]} pixels wide (input '{name}'); "
                f"the sensor's image is (1, {target.input_channels}, H, W)",
            )
