"""What MCT makes of the forms that the converter accepts, and whether the front end accepts its export.

    python -m tools.probes.quantized             asks about every eighth form (some five minutes)
    python -m tools.probes.quantized --every 1   about all

Writes tests/data/operators/quantized.json: by probe "accepted", or who stopped and why.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from sensorfit.api import load_target
from sensorfit.errors import SensorfitError
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.quantize.calibration import CalibrationSet
from sensorfit.quantize.lowering import NoRoad, to_module
from sensorfit.quantize.ptq import export_int8, quantize

from .ask import answers
from .front_end import FrontEnd
from .versions import GIVEN, graphs, newest

RECORDED: Final = GIVEN / "quantized.json"
MOST_ELEMENTS: Final = 200_000
"""Of a tensor of the graphs that are asked about."""
IMAGES: Final = 4


def export(name: str, model: onnx.ModelProto, directory: Path) -> Path | str | None:
    """MCT's export of one form in ``directory``, or why there is none.

    None where it is not asked: no single float image, too large, no torch counterpart, not finite on the images.
    """
    try:
        graph = load(model, name)
        module = to_module(graph) if _askable(graph) else None
    except (SensorfitError, NoRoad):
        return None
    if module is None:
        return None
    shape = graph.shape(graph.inputs[0]) or ()
    pixels = np.random.default_rng(0).random((IMAGES, *map(int, shape[1:])), dtype=np.float32)  # type: ignore[arg-type]
    images = CalibrationSet(pixels, "")
    file, log = directory / "int8.onnx", directory / "log"
    try:
        export_int8(quantize(module, images, load_target(), 0, log, 1), images, file, load_target(), 0, log)
    except SensorfitError as error:
        return None if "not finite" in str(error) else str(error)  # a divisor of 0 is the images'
    return file


def said(name: str, model: onnx.ModelProto, front_end: FrontEnd) -> str | None:
    """The answer about one form; None where it is not asked."""
    with tempfile.TemporaryDirectory() as scratch:
        file = export(name, model, Path(scratch))
        if not isinstance(file, Path):
            return file
        answer = front_end.judge(onnx.load(str(file)))
    return "accepted" if answer["verdict"] == "accepted" else f"front end: {answer}"


def _askable(graph: Graph) -> bool:
    if len(graph.inputs) != 1 or any((t.elements or 0) > MOST_ELEMENTS for t in graph.tensors.values()):
        return False
    image = graph.tensors[graph.inputs[0]]
    return len(image.shape or ()) == 4 and image.dtype in ("float32", "float16")


def main() -> None:
    """Ask and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=8, metavar="N")
    every = parser.parse_args().every
    front_end, known = FrontEnd(), newest(answers())
    forms = {n: m for n, m in sorted(graphs().items()) if known[n]["verdict"] == "accepted"}
    found = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    for name in list(forms)[::every]:
        answer = said(name, forms[name], front_end)
        if answer is not None:
            found[name] = answer
    RECORDED.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")
    print(f"{len(found)} forms asked, {sum(a != 'accepted' for a in found.values())} stopped")


if __name__ == "__main__":
    main()
