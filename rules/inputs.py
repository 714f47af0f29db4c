"""What comes in: one float32 image, batch 1, of a size the sensor delivers."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Shape
from sensorfit.graph.sizes import about_sizes
from sensorfit.target import Target
from sensorfit.verify.facts import reading
from sensorfit.verify.family import INPUTS
from sensorfit.verify.rule import Issue, rule


def _unfit(target: Target) -> str:
    """What the front end says to an input that it does not take; a version that does not look at inputs ends with an exception."""
    code: str = reading(target).get("unfit_input", "INVMOD")
    return code


@rule("SF501", "BatchSize", INPUTS, "graph", of_input=True)
def batch(graph: Graph, target: Target) -> Iterator[Issue]:
    """A batch other than 1.

    The sensor runs one image at a time. A dynamic batch is taken for 1; any
    fixed number but 1 in the first dimension of any input is refused (INVMOD),
    and so is an image without a batch dimension.

    Fails:
        (float[2,3,64,64] x) => (float[2,3,64,64] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: export with a dummy input of batch 1: torch.onnx.export(model, torch.zeros(1, 3, H, W), ...).
    """
    for name in graph.inputs:
        shape = graph.shape(name)
        if shape and shape[0] not in (1, None):
            yield Issue(
                "The provided model input has batch-size > 1. MCT currently supports batch-size of 1 only",
                "export with a batch of 1 in the first dimension",
                f"{name}: {shape}",
                code=_unfit(target),
                tensor=name,
                probes=("input_b2", "input_rank3"),
            )


@rule("SF502", "DynamicShape", INPUTS, "graph")
def dynamic(graph: Graph, target: Target) -> Iterator[Issue]:
    """A dynamic height, width or channel count.

    Memory on the sensor is laid out at conversion: every dimension but the
    batch must be a number (INVMOD otherwise).

    Fails:
        (float[1,3,H,W] x) => (float[1,3,H,W] y) { y = Relu (x) }

    Passes:
        (float[N,3,64,64] x) => (float[N,3,64,64] y) { y = Relu (x) }

    Fix: export without dynamic_axes for height and width, or check one size with --input-shape 1x3x96x96.
    """
    for name in graph.inputs:
        shape = graph.shape(name)
        if shape is None or any(d is None for d in shape[1:]):
            yield Issue(
                "The provided model input has a dynamic input tensor shape. MCT currently supports models with constant input tensor size",
                "export with a fixed height and width, or check one size with --input-shape"
                if shape is not None and len(shape) == 4
                else "export with every dimension but the batch fixed, or check one size with --input-shape NAME=1x512",
                f"{name}: {shape}",
                code=_unfit(target),
                tensor=name,
                probes=("input_hwdyn",),
                covers=about_sizes(graph),
            )


@rule("SF503", "InputRank", INPUTS, "graph", stage="graph")
def rank(graph: Graph, target: Target) -> Iterator[Issue]:
    """An input that is not an image.

    The converter accepts inputs of rank 2 to 6 and crashes on a scalar or a
    vector (EXEC). The sensor delivers an image (1, ${target.input.channels}, H, W) and nothing else:
    another rank converts, but there is nothing on the device to feed it.

    Fails:
        (float[1] x) => (float[1] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: make the image the input; turn scalars and vectors into constants, or into (1, n) tensors.
    """
    ranks = reading(target).get("input_ranks")
    for index, name in enumerate(graph.inputs):
        shape = graph.shape(name)
        if shape is None:
            continue
        if ranks is not None and len(shape) not in ranks:
            yield Issue(
                f"The provided model input has {len(shape)} dimensions; this version of the converter takes {' or '.join(map(str, ranks))}",
                "reshape inside the network; the sensor's image has four dimensions",
                f"{name}: {shape}",
                code=_unfit(target),
                tensor=name,
                probes=("in_1x16", "in_1x3x32"),
            )
        elif len(shape) < 2:
            if not shape or shape[0] in (1, None):  # another length reads as a batch: SF501
                yield Issue(
                    "Invalid input shape: a scalar or a vector crashes the converter",
                    "make it a constant, or give it the shape (1, n)",
                    f"{name}: {shape}",
                    code="EXEC",
                    tensor=name,
                    probes=("in_1", "in_"),
                )
        elif len(shape) != 4 and index == 0 and shape[0] in (1, None):
            yield Issue.accepted(
                f"the sensor delivers an image (1, {target.input_channels}, H, W); the converter accepts this input all the same",
                "put the image first and do the reshape inside the network",
                f"{name}: {shape}",
                basis="published",
                tensor=name,
            )


@rule("SF504", "InputChannels", INPUTS, "graph")
def channels(graph: Graph, target: Target) -> Iterator[Issue]:
    """An image with other than ${target.input.channels} channels.

    The converter accepts any number of channels. The
    sensor delivers one RGB image: what is meant for the other channels has no
    source on the device.

    Fails:
        (float[1,6,64,64] x) => (float[1,6,64,64] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: take RGB in; encode prompts or depth as constants or leave them to the host; for grey, average the channels
    with a 1x1 Conv inside the network.
    """
    given = _image(graph)[1]
    if given is not None and given != target.input_channels:
        yield Issue.accepted(
            f"the sensor delivers {target.input_channels} channels; the converter accepts any number",
            "take one RGB image as the input",
            f"{graph.inputs[0]}: {given} channels",
            basis="published",
            tensor=graph.inputs[0],
            probes=("input_c6", "in_1x1x32x32"),
        )


@rule("SF505", "InputSize", INPUTS, "graph")
def size(graph: Graph, target: Target) -> Iterator[Issue]:
    """An image smaller or larger than the sensor documents.

    The documented input tensors go from ${target.input.min_size.0}x${target.input.min_size.1} to ${target.input.max_size.0}x${target.input.max_size.1}.
    The converter accepts others; outside the range nobody promises that they run.

    Fails:
        (float[1,3,1024,1024] x) => (float[1,3,1024,1024] y) { y = Relu (x) }

    Passes:
        (float[1,3,96,96] x) => (float[1,3,96,96] y) { y = Relu (x) }

    Fix: choose a size between ${target.input.min_size.0}x${target.input.min_size.1} and ${target.input.max_size.0}x${target.input.max_size.1} and train for it.
    """
    (low_h, low_w), (high_h, high_w) = target.min_input, target.max_input
    h, w = _image(graph)[2:]
    if h is not None and w is not None and not (low_h <= h <= high_h and low_w <= w <= high_w):
        yield Issue.accepted(
            f"the sensor's input tensor is documented from {low_h}x{low_w} to {high_h}x{high_w}; the converter accepts other sizes",
            f"choose a size between {low_h}x{low_w} and {high_h}x{high_w}",
            f"{graph.inputs[0]}: {h}x{w}",
            basis="published",
            tensor=graph.inputs[0],
            probes=("input_tiny8", "input_big1024"),
        )


@rule("SF506", "SeveralInputs", INPUTS, "graph")
def several(graph: Graph, target: Target) -> Iterator[Issue]:
    """More than one input.

    The converter accepts several inputs. The sensor has one source, the image:
    prompts, masks and earlier frames cannot be fed on the device.

    Fails:
        (float[1,3,64,64] x, float[1,3,64,64] prompt) => (float[1,3,64,64] y) { y = Add (x, prompt) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: make the further inputs constants (PicoSAM centres the prompt in the image crop instead), or split the network:
    image encoder on the sensor, the rest on the host.
    """
    most = reading(target).get("most_inputs")
    if most is not None and len(graph.inputs) > most:
        yield Issue(
            "The provided model has several inputs; this version of the converter takes one",
            "make what is not the image part of the network as constants; crop the image instead of prompting with boxes or points",
            f"{len(graph.inputs)} inputs: {', '.join(graph.inputs)}",
            code="INVMOD",
            tensor=graph.inputs[1],
            probes=("two_in", "siamese"),
        )
    elif len(graph.inputs) > 1:
        yield Issue.accepted(
            "the sensor feeds one image; the converter accepts several inputs",
            "make the further inputs constants, or run the part that needs them on the host",
            f"{len(graph.inputs)} inputs: {', '.join(graph.inputs)}",
            basis="published",
            tensor=graph.inputs[1],
            probes=("two_in",),
        )


@rule("SF507", "InputType", INPUTS, "graph")
def dtype(graph: Graph, target: Target) -> Iterator[Issue]:
    """An input that is not float32.

    The network is quantized from its float32 form; the sensor scales its
    8-bit pixels itself. A float16 network is built from its values in float32
    (sensorfit build says so). The front end reads other types, but a Cast to
    float32 behind one is refused (SF120), and nobody has taken one to the device.

    Fails:
        (uint8[1,3,64,64] x) => (uint8[1,3,64,64] y) { y = Add (x, x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Add (x, x) }

    Fix: export in float32 with a float32 input; sensorfit build folds normalisation in where asked.
    """
    for name in graph.inputs:
        kind = graph.tensors[name].dtype
        if kind == "float16":
            yield Issue.accepted(
                "a float16 input: sensorfit build makes the network from its values in float32",
                "export in float32 only to give this file to Sony's converter yourself; sensorfit build takes it as it is",
                name,
                tensor=name,
                probes=("dtadd_FLOAT16",),
            )
        elif kind != "float32":
            yield Issue.unknown(
                "an input that is not float32: accepted by the front end, not known beyond it",
                "export with a float32 input",
                f"{name}: {kind or 'unknown type'}",
                tensor=name,
                probes=("dtabs_UINT8", "dtadd_FLOAT16"),
                basis="measured",
            )


def _image(graph: Graph) -> Shape:
    """The shape of the first input; unknown sizes where it is no image."""
    shape = graph.shape(graph.inputs[0]) if graph.inputs else None
    return shape if shape is not None and len(shape) == 4 else (None, None, None, None)
