"""``deploy/`` of a build: what runs on the Raspberry Pi, what it has to know, and known inputs with their outputs.

network_info.json        name, sensor's and input's size, outputs with shape and scale
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
    int8: Path,
    params: Path,
) -> tuple[str, ...]:
    """Make ``out``/deploy and return what the user should know of it."""
    place = out / DIRECTORY
    place.mkdir()
    source = Path(templates.__file__).parent
    channels, height, width = calibration.images.shape[1:]
    outputs = read_outputs(params)
    info = {
        "name": name,
        "sensor": read_facts("target", target)["sensor"]["pixels"],
        "input": [width, height],
        "outputs": outputs,
    }
    write_json(place / "network_info.json", info)
    write_json(place / "network_intrinsics.json", _intrinsics(outputs, labels))
    if labels:
        (place / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    for script in SCRIPTS:
        shutil.copy(source / script, place / script)
    (place / "package.sh").chmod(0o755)
    notes = _label_notes(outputs, labels)
    if channels != COLOURS:
        return (
            *notes,
            f"deploy/ has no self-test: the sensor delivers {COLOURS} channels, the network takes {channels}",
        )
    shutil.copy(source / SELF_TEST, place / SELF_TEST)
    _write_golden(place / GOLDEN, calibration, int8, outputs)
    return notes


def _intrinsics(outputs: list[dict[str, Any]], labels: tuple[str, ...]) -> dict[str, Any]:
    """In picamera2's schema of network intrinsics; a task only where the outputs say one."""
    found: dict[str, Any] = {"inference_rate": 30.0, "input_aspect_ratio": {"width": 1, "height": 1}}
    if outputs and _is_map(outputs[0]):
        found["task"] = "segmentation"
    if labels:
        found["classes"] = {"labels": list(labels)}
    return found


def _is_map(output: dict[str, Any]) -> bool:
    return len(output["shape"]) == 3 and min(output["shape"][1:]) > 1


def _label_notes(outputs: list[dict[str, Any]], labels: tuple[str, ...]) -> tuple[str, ...]:
    classes = outputs[0]["shape"][0] if outputs and _is_map(outputs[0]) else len(labels)
    if not labels or len(labels) == classes:
        return ()
    return (
        f"--labels: {len(labels)} labels for an output of {classes} channels; the others are shown by number",
    )


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
