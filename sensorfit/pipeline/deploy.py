"""``deploy/`` of a build: what runs on the Raspberry Pi, what it has to know, and known inputs with their outputs.

network_info.json        name, sensor's and input's size, outputs with shape, scale and kind, which of them is shown
network_intrinsics.json  in picamera2's schema: task, aspect of pixels, labels
golden.npz               inputs (N, H, W, 3), uint8, and the INT8 graph's outputs (N, ...), float32
segmentation.py camera.py model.py selftest.py package.sh
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np
import onnx
import onnx.shape_inference

from ..errors import InputError, ToolchainError
from ..quantize.calibration import CalibrationSet
from ..quantize.fidelity import run_outputs
from ..runtime.files import read_text
from ..target import Target, read_facts
from . import templates
from .bundle import write_json

DIRECTORY: Final = "deploy"
SCRIPTS: Final = ("segmentation.py", "camera.py", "model.py", "package.sh")
SELF_TEST: Final = "selftest.py"
GOLDEN: Final = "golden.npz"
INPUTS: Final = 4
"""Known inputs; each is an image of the calibration set."""
STEPS_OF_INPUT: Final = 256
"""A pixel p enters the network as p / 256 (``dnnParams.xml``: scale 0.00390625)."""
COLOURS: Final = 3
MAP: Final = 2
"""Axes of a map."""
OTHER: Final = "other"
TASKS: Final = {
    "logits": "segmentation",
    "classes": "segmentation",
    "scores": "classification",
    "choice": "classification",
}
FLOATS: Final = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE)
CARRIERS: Final = ("Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze")
"""What may stand between an ArgMax and the output, its values unchanged."""


def read_labels(path: Path | None) -> tuple[str, ...]:
    """A label a line; InputError for a file without any."""
    if path is None:
        return ()
    try:
        text = read_text(path)
    except OSError as error:
        raise InputError(f"--labels {path}: cannot be read ({error.strerror or error})") from error
    labels = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not labels:
        raise InputError(f"--labels {path}: holds no label; write one a line, the first for class 0")
    return labels


def read_outputs(path: Path) -> list[dict[str, Any]]:
    """Shape and quantization scale of each output in ``dnnParams.xml``, in the order of the sensor."""
    try:
        tensors = ElementTree.parse(path).getroot().iter("outputTensor")
        rows = [
            (
                int(t.attrib["ordinal"]),
                {
                    "shape": [
                        int(d.attrib["size"])
                        for d in sorted(t.iter("dimension"), key=lambda d: int(d.attrib["ordinal"]))
                    ],
                    "scale": float(t.attrib["scale"]),
                },
            )
            for t in tensors
        ]
    except (ElementTree.ParseError, KeyError, ValueError, OSError) as error:
        raise ToolchainError(f"{path.name}: its outputs are not in the form known ({error})") from error
    return [row for _, row in sorted(rows, key=lambda row: row[0])]


def write_deploy(
    out: Path,
    name: str,
    target: Target,
    labels: tuple[str, ...],
    calibration: CalibrationSet,
    floating: Path,
    int8: Path,
    params: Path,
) -> tuple[str, ...]:
    """Make ``out``/deploy and return what the user should know of it."""
    place = out / DIRECTORY
    place.mkdir()
    source = Path(templates.__file__).parent
    channels, height, width = calibration.images.shape[1:]
    wholes = _whole_numbers(int8)
    outputs = [
        {**row, "kind": kind_of(row["shape"], whole), "whole": whole}
        for row, whole in zip(read_outputs(params), wholes, strict=True)
    ]
    shown = next((i for i, row in enumerate(outputs) if row["kind"] != OTHER), 0)
    info = {
        "name": name,
        "sensor": read_facts("target", target)["sensor"]["pixels"],
        "input": [width, height],
        "outputs": outputs,
        "shown": shown,
    }
    write_json(place / "network_info.json", info)
    write_json(place / "network_intrinsics.json", _intrinsics(outputs[shown], labels))
    if labels:
        (place / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    for script in SCRIPTS:
        shutil.copy(source / script, place / script)
    (place / "package.sh").chmod(0o755)
    notes = (*_kind_note(outputs[shown]), *label_notes(_classes(outputs[shown], shown, floating), labels))
    if channels != COLOURS:
        return (
            *notes,
            f"deploy/ has no self-test: the sensor delivers {COLOURS} channels, the network takes {channels}",
        )
    shutil.copy(source / SELF_TEST, place / SELF_TEST)
    _write_golden(place / GOLDEN, calibration, int8, outputs)
    return notes


def kind_of(shape: list[int], whole: bool) -> str:
    """What the scripts make of an output: see ``templates/segmentation.py``; ``whole``: it holds whole numbers, as an ArgMax writes."""
    sides = [size for size in shape if size > 1]
    if whole and not sides:
        return "choice"
    if whole:
        return "classes" if len(sides) == MAP and shape[-MAP:] == sides else OTHER
    if len(shape) == MAP + 1 and min(shape[1:]) > 1:
        return "logits"
    return "scores" if len(sides) == 1 else OTHER


def _whole_numbers(int8: Path) -> list[bool]:
    outputs = onnx.load(str(int8), load_external_data=False).graph.output
    return [value.type.tensor_type.elem_type not in FLOATS for value in outputs]


def _intrinsics(output: dict[str, Any], labels: tuple[str, ...]) -> dict[str, Any]:
    """In picamera2's schema of network intrinsics; a task only where the output says one."""
    found: dict[str, Any] = {"inference_rate": 30.0, "input_aspect_ratio": {"width": 1, "height": 1}}
    if output["kind"] in TASKS:
        found["task"] = TASKS[output["kind"]]
    if labels:
        found["classes"] = {"labels": list(labels)}
    return found


def _classes(output: dict[str, Any], index: int, floating: Path) -> int | None:
    """How many classes an output tells apart; None where nothing says it."""
    if output["kind"] == "logits":
        return int(output["shape"][0])
    if output["kind"] == "scores":
        return max(output["shape"])
    return chosen_among(onnx.load(str(floating)), index) if output["whole"] else None


def chosen_among(model: onnx.ModelProto, index: int) -> int | None:
    """Of how many the ArgMax behind an output chooses; None where there is none, or its input is of unknown size."""
    try:
        graph = onnx.shape_inference.infer_shapes(model).graph
    except (
        onnx.shape_inference.InferenceError,
        ValueError,
    ):  # too large, or an operator that it does not know
        return None
    makers = {name: node for node in graph.node for name in node.output}
    shapes = {value.name: value.type.tensor_type.shape.dim for value in (*graph.value_info, *graph.input)}
    node = makers.get(graph.output[index].name)
    while node is not None and node.op_type in CARRIERS:
        node = makers.get(node.input[0])
    if node is None or node.op_type != "ArgMax" or not (shape := shapes.get(node.input[0])):
        return None
    axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
    return shape[axis].dim_value or None


def _kind_note(output: dict[str, Any]) -> tuple[str, ...]:
    if output["kind"] != OTHER:
        return ()
    return (
        "deploy/: no output is a mask, a map of classes or scores of the whole image: camera.py prints only the range of the "
        "first's values, model.py has no post-processing for it; write what decodes it there",
    )


def label_notes(classes: int | None, labels: tuple[str, ...]) -> tuple[str, ...]:
    if not labels or classes is None or len(labels) == classes:
        return ()
    named = "1 class" if classes == 1 else f"{classes} classes"
    given = "1 label" if len(labels) == 1 else f"{len(labels)} labels"
    rest = "the others are shown by number" if len(labels) < classes else "are they this network's?"
    return (f"--labels: {given} for {named}; {rest}",)


def _write_golden(path: Path, calibration: CalibrationSet, int8: Path, outputs: list[dict[str, Any]]) -> None:
    pixels = np.round(calibration.images[:INPUTS] * (STEPS_OF_INPUT - 1)).astype(np.uint8)
    found = run_outputs(int8, pixels.astype(np.float32) / STEPS_OF_INPUT)
    if [list(f.shape[1:]) for f in found] != [o["shape"] for o in outputs]:
        had = ", ".join(str(tuple(f.shape[1:])) for f in found)
        raise ToolchainError(
            f"{int8.name}: its outputs are {had}, the sensor's {', '.join(str(tuple(o['shape'])) for o in outputs)}"
        )
    arrays: dict[str, Any] = {f"output{i}": value.astype(np.float32) for i, value in enumerate(found)}
    np.savez_compressed(path, inputs=pixels.transpose(0, 2, 3, 1), **arrays)
