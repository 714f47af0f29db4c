"""Ask the real converter's front end about the reference graphs; the answers are ``models/front_end.json``.

    python -m tools.reference_evidence export DIR [FILE...]   with the extra `reference`
    python -m tools.reference_evidence judge DIR [FILE...]    with the extra `build`
    python -m tools.reference_evidence convert DIR FILE...    with both

`convert` takes a module all the way: MCT on the built-in calibration images, opset-20
export, the converter's memory report.

Two questions a graph, because the front end names operators it does not know
first and alone:

    shipped        the graph as committed, opset 17: an erf-GELU spelled out in five operators
    gelu           the same module exported at opset 20, where GELU is one operator: what the
                   quantized export of a real deployment holds

Weights are made up (their values do not matter to the front end). Graphs of
more than ``TIE_ABOVE`` elements get one tensor a shape, shared by all layers:
SAM ViT-H would not fit a protobuf otherwise.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx

ROOT = Path(__file__).parents[1] / "models"
ANSWERS = ROOT / "front_end.json"
TIE_ABOVE = 25_000_000
"""Parameters; 100 MB of float32."""
TIMEOUT_S = 900
SHIPPED, GELU = "shipped graph (opset 17)", "GELU as one operator (opset 20)"
REASONS_KEPT = 12


def export(directory: Path, files: list[str]) -> None:
    """Write the opset-20 graphs, weightless, to ``directory``."""
    from sensorfit.graph.strip import strip_weights
    from sensorfit.models.export_reference import STEERING, build, recipes, reduced

    directory.mkdir(parents=True, exist_ok=True)
    for file in files or [name for name, recipe in recipes().items() if recipe.get("weights", True)]:
        recipe = recipes()[file]
        model = strip_weights(reduced(build(recipe), recipe.get("weights", True), opset=20), keep=STEERING)
        (directory / f"{file}.onnx").write_bytes(model.SerializeToString())
        print(file, flush=True)


def filled(model: onnx.ModelProto) -> tuple[onnx.ModelProto, bool]:
    """``model`` with made-up weights, and whether layers share them."""
    absent = [t for t in model.graph.initializer if t.dims and prod(t.dims) and not t.ByteSize() > _bare(t)]
    tie = sum(prod(t.dims) for t in absent) > TIE_ABOVE
    generator = np.random.default_rng(0)
    shared: dict[tuple[int, ...], str] = {}
    renamed: dict[str, str] = {}
    for tensor in absent:
        shape = tuple(tensor.dims)
        if tie and shape in shared:
            renamed[tensor.name] = shared[shape]
            continue
        shared[shape] = tensor.name
        values = generator.normal(0.0, 0.02, shape).astype(np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    kept = [t for t in model.graph.initializer if t.name not in renamed]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = renamed.get(name, name)
    return model, bool(renamed)


def _bare(tensor: onnx.TensorProto) -> int:
    return onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims).ByteSize()


def substance(reason: str) -> str:
    """A reason without the node it names: what remains is the same for every layer."""
    reason = re.sub(r"np\.int64\((-?\d+)\)", r"\1", reason)
    place, _, why = reason.partition("reason: ")
    if place.startswith("Param error"):
        return f"{place.removeprefix('Param error - ').rstrip(', ')}: {why}"
    return why or reason


def judge(directory: Path, files: list[str]) -> None:
    """Ask about the shipped graphs and those in ``directory``; merge the answers into ``models/front_end.json``."""
    from tools.probes import front_end as probes

    probes.TIMEOUT_S = TIMEOUT_S
    asked = probes.FrontEnd()
    for shipped in sorted((ROOT / "graphs").glob("*.onnx")):
        if files and shipped.stem not in files:
            continue
        rows = []
        for form, path in ((SHIPPED, shipped), (GELU, directory / shipped.name)):
            if not path.exists():
                continue
            model, tied = filled(onnx.load(path))
            answer = asked.judge(model)
            row: dict[str, object] = {"form": form, "verdict": answer["verdict"]}
            if answer.get("operators"):
                row["operators"] = answer["operators"]
            reasons = Counter(substance(r) for r in answer.get("reasons", ()))
            if reasons:
                row["reasons"] = dict(reasons.most_common(REASONS_KEPT))
            if tied:
                row["note"] = "weights of equal shape shared by all layers"
            if answer["verdict"] == "execution_error":
                row["note"] = "it stopped before judging"
            rows.append(row)
            print(shipped.stem, row, flush=True)
        _record("graphs", shipped.stem, rows)


def convert(directory: Path, files: list[str]) -> None:
    """Quantize and convert the modules of ``files``; the memory reports go to ``models/front_end.json``."""
    from sensorfit.api import load_target
    from sensorfit.convert.toolchain import convert as run_converter
    from sensorfit.models.export_reference import build, recipes
    from sensorfit.quantize.calibration import synthetic
    from sensorfit.quantize.ptq import export_int8, quantize

    for file in files:
        work = directory / file
        work.mkdir(parents=True, exist_ok=True)
        module = build(recipes()[file]).module
        images = synthetic((3, recipes()[file]["size"], recipes()[file]["size"]), seed=0)
        settle(module, images.images[:1])
        export_int8(
            quantize(module, images, load_target(), 0, work / "log"),
            images,
            work / "model.int8.onnx",
            load_target(),
            0,
            work / "log",
        )
        result = run_converter(work / "model.int8.onnx", work / "out", work / "log", report_only=True)
        answer: dict[str, object] = {"verdict": "converted" if result.complaint is None else "refused"}
        if result.complaint is not None:
            answer["code"], answer["reasons"] = result.complaint.code, list(result.complaint.reasons)
        if result.memory is not None:
            answer["memory"] = result.memory.to_dict()
        print(file, answer, flush=True)
        _record("converted", file, answer)


def settle(module: Any, image: np.ndarray) -> None:
    """Scale every convolution so that it answers ``image`` with unit variance: else random weights fade or explode."""
    import torch

    def scaled(layer: Any, inputs: object, output: Any) -> Any:
        factor = output.std()
        layer.weight.div_(factor)
        if layer.bias is not None:
            layer.bias.div_(factor)
        return output / factor

    hooks = [m.register_forward_hook(scaled) for m in module.modules() if isinstance(m, torch.nn.Conv2d)]
    with torch.no_grad():
        module(torch.from_numpy(image))
    for hook in hooks:
        hook.remove()


def _record(section: str, file: str, answer: object) -> None:
    known: dict[str, Any] = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
    known["converter"] = f"imx500-converter {version('imx500-converter')}"
    known[section] = dict(sorted({**known.get(section, {}), file: answer}.items()))
    ANSWERS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def main(argv: list[str]) -> None:
    if len(argv) < 2 or argv[0] not in ("export", "judge", "convert"):
        sys.exit(__doc__)
    {"export": export, "judge": judge, "convert": convert}[argv[0]](Path(argv[1]), argv[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
