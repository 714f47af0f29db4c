"""MCT and the real converter, end to end. Nothing here is mocked; each test takes a minute or two."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from sensorfit.api import check, load_target
from sensorfit.convert.frontend import confirm
from sensorfit.convert.messages import read_memory_report
from sensorfit.convert.toolchain import convert
from sensorfit.models.registry import find
from sensorfit.report.serialise import schema

from ..conftest import model_of

pytestmark = pytest.mark.toolchain

FILES = {
    "model.onnx", "model.int8.onnx", "packerOut.zip", "dnnParams.xml", "memory_report.json", "converter.log",
    "quantize.log", "report.json", "report.html", "manifest.json",
}  # fmt: skip
DEPLOY = {
    f"deploy/{name}"
    for name in (
        "camera.py", "golden.npz", "labels.txt", "model.py", "network_info.json", "network_intrinsics.json", "package.sh",
        "segmentation.py", "selftest.py",
    )
}  # fmt: skip
BARE_TOTAL = 3_843_296
NORMALISATION_BYTES = 192


def sensorfit(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from sensorfit.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PicoSAM3 without the normalisation, built by the command."""
    out = tmp_path_factory.mktemp("build") / "picosam3"
    labels = out.parent.parent / "labels.txt"
    labels.write_text("thing\n")
    options = ("--int8", "--mean", "none", "--labels", labels)
    answer = sensorfit("build", "picosam3", *options, "-o", out, PYTHONHASHSEED="1")
    assert answer.returncode == 0, answer.stderr
    assert (
        "BUILT" in answer.stdout
        and "predicted" in answer.stdout
        and str(out) in answer.stdout.replace("\n", "")
    )
    return out


def report(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "report.json").read_text())
    return found


def test_the_bundle_is_whole_and_the_only_thing_made(bare: Path) -> None:
    assert {p.name for p in bare.iterdir()} == FILES | {"deploy"}
    assert [p.name for p in bare.parent.iterdir()] == [bare.name]
    with zipfile.ZipFile(bare / "packerOut.zip") as archive:
        assert archive.testzip() is None and "dnnParams.xml" in archive.namelist()
    assert 'name="picosam3"' in (bare / "dnnParams.xml").read_text()
    assert "packer zip successfully generated" in (bare / "converter.log").read_text()


def test_the_page_shows_the_converters_own_schedule(bare: Path) -> None:
    """Its peak is the predicted one, less the scratch space that it leaves out."""
    text = (bare / "report.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    model = json.loads(found[1])["models"][0]
    ours, theirs = (max(step[1] for step in model[key]["steps"]) for key in ("memory", "converter"))
    assert 0.98 * ours < theirs <= ours and len(model["rows"]["row"]) > 40
    assert '"pictures":' in found[1] and len(text) < 300_000


def test_the_converter_says_what_the_issue_says(bare: Path) -> None:
    memory = report(bare)["converter"]["memory"]
    assert memory == {
        "weights_bytes": 1_438_848,
        "runtime_bytes": 2_371_680,
        "input_persistence_bytes": 31_744,
        "reserved_bytes": 1_024,
        "total_bytes": BARE_TOTAL,
        "available_bytes": 8_388_480,
        "fits": True,
    }
    assert read_memory_report(bare / "memory_report.json").total_bytes == BARE_TOTAL


def test_the_report_is_the_checks_object_and_more(bare: Path) -> None:
    found = report(bare)
    jsonschema.validate(found, schema())
    assert (found["model"]["name"], found["model"]["path"]) == ("picosam3", "model.onnx")
    assert found["verdict"] == "fits" and found["model"]["parameters"] == 1_371_418
    assert found["memory"]["runtime_bytes"] == found["converter"]["memory"]["runtime_bytes"]
    assert found["fidelity"]["images"] == 16
    assert found["fidelity"]["sqnr_db"] > 10 and 0 < found["fidelity"]["mask_iou"] <= 1
    layers = found["fidelity"]["layers"]
    assert (
        layers["comparable"]
        and len(layers["worst"]) == 10
        and layers["histogram"]["layer"] == layers["worst"][0]["name"]
    )
    assert len(found["fidelity"]["outputs"]) == 1
    assert len(found["weights"]) == 31 and {layer["bits"] for layer in found["weights"]} == {8}
    assert any("weights that ship" in w for w in found["build"]["warnings"])
    assert "imx500-package" in found["build"]["rpk"]


def test_the_manifest_has_every_hash_and_version(bare: Path) -> None:
    found = json.loads((bare / "manifest.json").read_text())
    for name in (FILES | DEPLOY) - {"manifest.json"}:
        assert found["files"][name]["sha256"] == hashlib.sha256((bare / name).read_bytes()).hexdigest()
    assert set(found["files"]) == (FILES | DEPLOY) - {"manifest.json"}
    assert "absent" not in found["tools"].values() and found["tools"]["imx500-converter"].startswith("3.19")
    assert (found["seed"], found["normalisation"]["form"]) == (0, "none")
    assert found["options"]["weights"] == "shipped"


def test_deploy_knows_the_sensors_output_and_what_the_int8_graph_gives(bare: Path) -> None:
    info = json.loads((bare / "deploy" / "network_info.json").read_text())
    assert (info["name"], info["input"], info["sensor"]) == ("picosam3", [96, 96], [4056, 3040])
    (output,) = info["outputs"]
    assert output["shape"] == [1, 96, 96] and output["scale"] > 0
    intrinsics = json.loads((bare / "deploy" / "network_intrinsics.json").read_text())
    assert intrinsics["task"] == "segmentation" and intrinsics["classes"]["labels"] == ["thing"]
    golden = np.load(bare / "deploy" / "golden.npz")
    assert golden["inputs"].shape == (4, 96, 96, 3) and golden["inputs"].dtype == np.uint8
    steps = golden["output0"] / output["scale"]
    assert golden["output0"].shape == (4, 1, 96, 96) and np.abs(steps - np.round(steps)).max() < 1e-3
    assert golden["output0"].std() > 0


def test_the_quantized_graph_has_symmetric_weights_and_power_of_two_activations(bare: Path) -> None:
    nodes = onnx.load(str(bare / "model.int8.onnx")).graph.node
    weights = [n for n in nodes if n.op_type == "WeightsSymmetricQuantizer"]
    activations = [n for n in nodes if n.op_type == "ActivationPOTQuantizer"]
    attributes = [
        {a.name: helper.get_attribute_value(a) for a in n.attribute} for n in (*weights, *activations)
    ]
    assert len(weights) == 31 and activations
    assert {a["num_bits"] for a in attributes} == {8}
    assert all(a["per_channel"] for a in attributes[: len(weights)])


REPEAT = """
import sys
from pathlib import Path
from sensorfit.api import load_target
from sensorfit.quantize import bridge, calibration, ptq
out = Path(sys.argv[1])
network = bridge.source("picosam3", None, None, int(sys.argv[2]))
images = calibration.synthetic(network.shape, int(sys.argv[2]))
made = ptq.quantize(network.module, images, load_target("imx500"), int(sys.argv[2]), out.with_suffix(".log"))
ptq.export_int8(made, images, out, load_target("imx500"), int(sys.argv[2]), out.with_suffix(".log"))
"""


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(bare: Path, tmp_path: Path) -> None:
    """In other processes, with other hash seeds, thread counts and paths."""
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "2"}
        subprocess.run(
            [sys.executable, "-c", REPEAT, str(tmp_path / f"{seed}.onnx"), seed],
            check=True,
            env=environment,
            capture_output=True,
        )
    wanted = (bare / "model.int8.onnx").read_bytes()
    assert (tmp_path / "0.onnx").read_bytes() == wanted
    assert (tmp_path / "1.onnx").read_bytes() != wanted


def test_the_normalisation_costs_what_the_report_says(tmp_path: Path) -> None:
    """The memory report of the default build, without packaging it."""
    from sensorfit.quantize import bridge, calibration, ptq
    from sensorfit.quantize import preprocessing as normalise

    network = bridge.source("picosam3", None, None, 0)
    module = normalise.normalised(network.module, network.mean, network.std, 3)
    images = calibration.synthetic(network.shape, 0)
    quantized = ptq.quantize(module, images, load_target(), 0, tmp_path / "log")
    ptq.export_int8(quantized, images, tmp_path / "picosam3.onnx", load_target(), 0, tmp_path / "log")
    made = convert(tmp_path / "picosam3.onnx", tmp_path / "out", tmp_path / "log", report_only=True)
    assert made.complaint is None and made.memory is not None
    assert made.memory.weights_bytes == 1_438_848 + NORMALISATION_BYTES
    assert made.memory.total_bytes == BARE_TOTAL + NORMALISATION_BYTES
    predicted = check(tmp_path / "picosam3.onnx").memory
    assert (predicted.weights_bytes, predicted.total_bytes) == (
        made.memory.weights_bytes,
        made.memory.total_bytes,
    )


def test_confirm_takes_a_weightless_float_graph_and_a_quantized_one(bare: Path) -> None:
    entry = find("picosam3")
    assert entry is not None
    answer = confirm(entry.graph, load_target())
    assert (answer.verdict, answer.memory) == ("accepted", None)
    answer = confirm(bare / "model.int8.onnx", load_target())
    assert answer.verdict == "accepted" and answer.memory is not None
    assert answer.memory["total_bytes"] == BARE_TOTAL


def test_the_command_confirms_a_quantized_file_although_its_children_have_a_bound_on_memory(
    bare: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "sensorfit",
        "check",
        str(bare / "model.int8.onnx"),
        "--confirm",
        "--format",
        "json",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["confirmation"]["memory"]["total_bytes"] == BARE_TOTAL


@pytest.mark.parametrize(
    ("body", "verdict", "code", "says"),
    [
        (
            "agraph (float[1,3,32,32] x) => (float[1,3,32,32] y) { y = Asin(x) }",
            "unsupported_operator",
            "USOP",
            "Asin",
        ),
        (
            "agraph (float[2,3,32,32] x) => (float[2,3,32,32] y) { y = Relu(x) }",
            "invalid_model_input",
            "INVMOD",
            "batch-size",
        ),
    ],
    ids=["operator", "batch"],
)
def test_confirm_gives_the_front_ends_no(body: str, verdict: str, code: str, says: str) -> None:
    answer = confirm(model_of(body), load_target())
    assert (answer.verdict, answer.code) == (verdict, code)
    assert says in " ".join((*answer.operators, *answer.reasons))


def network(path: Path, body: str, **weights: tuple[int, ...]) -> Path:
    model = model_of(body)
    rng = np.random.default_rng(0)
    for name, shape in weights.items():
        model.graph.initializer.append(
            numpy_helper.from_array(rng.normal(0, 0.3, shape).astype(np.float32), name)
        )
    onnx.save(model, str(path))
    return path


def test_an_operator_that_is_refused_is_an_answer_before_quantizing(tmp_path: Path) -> None:
    body = "agraph (float[1,3,32,32] x) => (float[1,8,32,32] y) { c = Conv(x, w) y = Softplus(c) }"
    model = network(tmp_path / "soft.onnx", body, w=(8, 3, 1, 1))
    answer = sensorfit("build", model, "-o", tmp_path / "out")
    assert answer.returncode == 1 and "Softplus" in answer.stderr and "--force" in answer.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"soft.onnx", "out.log"}
    assert "s  quantize to INT8" not in (tmp_path / "out.log").read_text()


def test_a_network_that_does_not_fit_is_an_answer_in_bytes(tmp_path: Path) -> None:
    body = (
        "agraph (float[1,3,576,576] x) => (float[1,32,576,576] y) { y = Conv <pads = [1, 1, 1, 1]> (x, w) }"
    )
    command = ("build", network(tmp_path / "wide.onnx", body, w=(32, 3, 3, 3)), "-o", tmp_path / "out")
    options = ("--no-input-persistency", "--synthetic-images", "2")
    answer = sensorfit(*command, *options)
    assert answer.returncode == 1 and "does not fit, so nothing was quantized: SF301" in answer.stderr
    needed = json.loads(sensorfit("check", command[1], "--format", "json").stdout)["memory"]
    answer = sensorfit(*command, *options, "--force")
    assert answer.returncode == 1
    without = needed["total_bytes"] - needed["input_persistence_bytes"]
    assert f"does not fit: it needs {without:,} B, the chip has 8,388,480 B" in answer.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"wide.onnx", "out.log"}
    assert "Not enough memory" in (tmp_path / "out.log").read_text()


def test_a_build_whose_converter_is_past_its_time_keeps_the_quantized_network_and_goes_on_from_it(
    tmp_path: Path,
) -> None:
    body = "agraph (float[1,3,64,64] x) => (float[1,8,64,64] y) { y = Conv <pads = [1, 1, 1, 1]> (x, w) }"
    command = ("build", network(tmp_path / "one.onnx", body, w=(8, 3, 3, 3)), "-o", tmp_path / "out")
    late = sensorfit(*command, "--time-limit", "2")
    assert late.returncode == 3 and "imxconv-pt did not finish within 2 s" in late.stderr
    kept = tmp_path / "out.unfinished"
    assert f"is kept in {kept}, from which the same command goes on" in late.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"one.onnx", "out.log", kept.name}
    graph = (kept / "model.int8.onnx").read_bytes()
    done = sensorfit(*command)
    assert done.returncode == 0, done.stderr
    quantizing = [
        s["seconds"] for s in report(tmp_path / "out")["build"]["stages"] if "quantize" in s["name"]
    ]
    assert quantizing[0] < 2, "it was quantized again"
    assert (tmp_path / "out" / "model.int8.onnx").read_bytes() == graph
    assert {p.name for p in tmp_path.iterdir()} == {"one.onnx", "out"}


def test_a_refused_form_is_rewritten_on_the_way_and_built_to_the_predicted_bytes(tmp_path: Path) -> None:
    body = (
        "agraph (float[1,3,32,32] x) => (float[1,8,16,16] y) {"
        "c = Conv <pads = [1, 1, 1, 1]> (x, w)"
        "y = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (c) }"
    )
    file = network(tmp_path / "ceil.onnx", body, w=(8, 3, 3, 3))
    assert sensorfit("build", file, "-o", tmp_path / "plain").returncode == 1
    done = sensorfit("build", file, "--fix", "--z-threshold", "4", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = report(tmp_path / "out")
    assert [r["name"] for r in found["build"]["rewrites"]] == ["PoolCeilMode"]
    assert 0 < found["converter"]["commands"]["bytes"] < found["converter"]["commands"]["room_bytes"]
    assert f"{found['converter']['commands']['bytes']:,} of about" in done.stdout
    assert "rewritten by --fix" in done.stdout and "by the default settings" in done.stdout
    by_default = found["fidelity"]["by_default"]
    assert by_default["settings"] == ["--z-threshold 4"] and by_default["outputs"][0]["sqnr_db"] > 10
    assert found["memory"]["total_bytes"] == found["converter"]["memory"]["total_bytes"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["model"]["rewritten_from_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_normalization_over_positions_is_not_packaged(tmp_path: Path) -> None:
    body = (
        "agraph (float[1,3,32,32] x) => (float[1,8,32,32] y) <float[8] s = {1,1,1,1,1,1,1,1}, float[8] b = {0,0,0,0,0,0,0,0}> {"
        "c = Conv (x, w) n = InstanceNormalization (c, s, b) y = Conv (n, v) }"
    )
    file = network(tmp_path / "norm.onnx", body, w=(8, 3, 1, 1), v=(8, 8, 1, 1))
    done = sensorfit("build", file, "--force", "-o", tmp_path / "out")
    assert done.returncode == 3 and "NofDim" in done.stderr, done.stderr


def test_equal_matrices_are_built_although_the_export_shares_them(tmp_path: Path) -> None:
    body = (
        "agraph (float[1,3,40,40] x) => (float[1,4,80,80] y) { c = Conv <pads = [1, 1, 1, 1]> (x, w)"
        "m = MatMul(c, a) t = Transpose <perm = [0, 1, 3, 2]> (m) y = MatMul(t, b) }"
    )
    file = network(tmp_path / "resize.onnx", body, w=(4, 3, 3, 3), a=(40, 80))
    model = onnx.load(str(file))
    equal = model.graph.initializer.add()
    equal.CopyFrom(model.graph.initializer[1])
    equal.name = "b"
    onnx.save(model, str(file))
    done = sensorfit("build", file, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = report(tmp_path / "out")
    assert found["memory"]["total_bytes"] == found["converter"]["memory"]["total_bytes"]


def test_an_error_behind_a_rewrite_names_the_users_file(tmp_path: Path) -> None:
    body = (
        "agraph (float[1,3,32,32] x, float[1,3,32,32] u) => (float[1,3,16,16] y) { a = Add(x, u)"
        "y = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (a) }"
    )
    file = network(tmp_path / "two.onnx", body)
    done = sensorfit("build", file, "--fix", "-o", tmp_path / "out")
    assert done.returncode == 2 and f"{file}: has 2 inputs" in done.stderr
    assert ".sensorfit" not in done.stderr and not (tmp_path / "out").exists()
