"""The whole pass: report, JSON contract, exit codes, the light path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import numpy_helper

import sensorfit
from sensorfit.cli import group
from sensorfit.report.serialise import schema
from sensorfit.runtime import worker
from tests.conftest import model_of


@pytest.fixture(scope="module")
def picosam3() -> sensorfit.Report:
    """The built-in PicoSAM3, bare, at 96x96."""
    return sensorfit.check("picosam3")


def test_picosam3_fits_at_the_converters_own_total(picosam3: sensorfit.Report) -> None:
    memory = picosam3.memory
    assert picosam3.verdict == "fits"
    # imx500-converter 3.19.2: weights, runtime, input persistency, reserved, in bytes
    assert (memory.weights_bytes, memory.runtime_bytes) == (1438848, 2371680)
    assert (memory.input_persistence_bytes, memory.reserved_bytes) == (31744, 1024)
    assert memory.total_bytes == 3843296


def test_picosam3_has_the_papers_size(picosam3: sensorfit.Report) -> None:
    assert picosam3.model.parameters == 1371418
    assert picosam3.latency.macs == 330162496


def test_input_persistency_counts_only_where_it_is_on() -> None:
    off = sensorfit.check("picosam3", input_persistency=False).memory
    assert off.input_persistence_bytes == 31744
    assert off.total_bytes == 3843296 - 31744


@pytest.mark.parametrize("name", ["picosam2", "picosam3", "tinysam"])
@pytest.mark.parametrize("plan", [False, True])
def test_the_json_of_a_built_in_model_keeps_the_schema(name: str, plan: bool) -> None:
    report = json.loads(json.dumps(sensorfit.check(name).to_dict(plan=plan)))
    jsonschema.validate(report, schema(), cls=jsonschema.Draft202012Validator)
    assert ("plan" in report["memory"]) == plan


def test_the_schema_would_notice_a_missing_key(picosam3: sensorfit.Report) -> None:
    report = picosam3.to_dict()
    del report["memory"]["headroom_bytes"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, schema(), cls=jsonschema.Draft202012Validator)


def test_the_commands_json_is_one_object(picosam3: sensorfit.Report) -> None:
    done = CliRunner().invoke(group, ["check", "picosam3", "--format", "json"])
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert printed.pop("gate")["exit_code"] == 0
    assert printed == json.loads(json.dumps(picosam3.to_dict()))


def test_a_file_is_named_by_its_path_and_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    model = model_of("g (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu(x) }")
    onnx.save(model, str(path))
    report = sensorfit.check(path)
    assert report.model.path == str(path)
    assert len(report.model.sha256) == 64
    assert sensorfit.check(path).model.sha256 == report.model.sha256


def test_a_model_in_memory_is_left_as_it_was() -> None:
    model = model_of("g (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu(x) }")
    before = model.SerializeToString()
    assert sensorfit.check(model).model.path == ""
    assert model.SerializeToString() == before


def test_external_data_that_is_missing_costs_nothing(tmp_path: Path) -> None:
    model = model_of("g (float[1,3,64,64] x, float[8,3,3,3] w) => (float[1,8,62,62] y) { y = Conv(x, w) }")
    del model.graph.input[1]
    model.graph.initializer.append(numpy_helper.from_array(np.ones((8, 3, 3, 3), np.float32), "w"))
    whole = tmp_path / "whole.onnx"
    onnx.save(model, str(whole))
    split = tmp_path / "split.onnx"
    onnx.save(model, str(split), save_as_external_data=True, location="split.bin", size_threshold=0)
    (tmp_path / "split.bin").unlink()
    one, other = sensorfit.check(whole), sensorfit.check(split)
    assert other.memory == one.memory
    assert other.model.parameters == one.model.parameters == 8 * 3 * 3 * 3


def test_a_dynamic_size_is_unknown_until_it_is_given() -> None:
    model = model_of("g (float[1,3,H,W] x) => (float[1,3,H,W] y) { y = Relu(x) }")
    assert sensorfit.check(model).verdict != "fits"
    assert sensorfit.check(model, input_shapes={"": (1, 3, 64, 64)}).memory.complete


def test_an_absent_model_says_what_is_built_in() -> None:
    with pytest.raises(sensorfit.errors.ModelError, match=r"nosuchmodel.*picosam3"):  # type: ignore[attr-defined]
        sensorfit.check("nosuchmodel")


LIGHT = """
import sys, sensorfit
sensorfit.check(sys.argv[1])
heavy = {"torch", "model_compression_toolkit", "mct_quantizers", "uni", "onnxruntime", "networkx", "rich"} & set(sys.modules)
print(",".join(sorted(heavy)))
"""


@pytest.mark.parametrize("name", ["picosam3", "tinysam"])
def test_check_imports_nothing_heavy(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT, name], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


READY = """
import os
from sensorfit.gate.job import ready
ready()
import numpy
assert numpy.ones(2).sum() == 2
print(len(os.listdir("/proc/self/task")), os.environ.get("OPENBLAS_NUM_THREADS"))
"""


@pytest.mark.skipif(not worker.AVAILABLE, reason="counts threads where Linux lists them")
@pytest.mark.parametrize(("given", "left"), [(None, "1 None"), ("1", "1 1")])
def test_a_child_starts_no_threads_and_leaves_the_environment_as_it_was(given: str | None, left: str) -> None:
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    env |= {"OPENBLAS_NUM_THREADS": given} if given else {}
    done = subprocess.run([sys.executable, "-c", READY], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == left


UNREAD = """
import sys
from sensorfit.gate.job import judge, ready, Job
from sensorfit.runtime.lazy_imports import UNREAD
from sensorfit.gate.config import Policy
ready()
for model in ("picosam3", "tinysam"):
    assert judge(Job(model, Policy())).report is not None
print(type(sys.modules["numpy"]).__name__)
print(sorted({"ssl", "http.client", "urllib.request", "tarfile", "argparse", "importlib.resources"} & set(sys.modules)))
stood = {name: sys.modules[name] for name in UNREAD if type(sys.modules[name]).__name__ == "_DeferredModule"}
print([name for name in UNREAD if name.startswith(("onnx", "google")) and name not in stood])
print([name for name, was in stood.items() if not was.__file__ or sys.modules[name] is was])
import onnx
print(onnx.hub.get_model_info.__module__, sys.modules["onnx.hub"].get_model_info is onnx.hub.get_model_info)
"""


def test_a_child_leaves_out_what_onnx_imports_for_others_and_has_it_when_asked() -> None:
    done = subprocess.run([sys.executable, "-c", UNREAD], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["_DeferredModule", "[]", "[]", "[]", "onnx.hub True"]


PARENT = """
import os, sys
from sensorfit import cli
from sensorfit.runtime import worker
start, parent = worker._Worker, os.getpid()
def shown(*args):
    if os.getpid() == parent:
        slow = {"click", "onnx", "numpy", "rich", "tomli", "inspect", "socket"} & set(sys.modules)
        print("before the child:", sorted(m for m in slow if type(sys.modules[m]).__name__ != "_DeferredModule"), file=sys.stderr)
    return start(*args)
worker._Worker = shown
sys.argv = ["sensorfit", "check", "picosam3", "--no-baseline"]
try:
    cli.main()
finally:
    heavy = {"onnx", "numpy", "google", "sensorfit.api"} & set(sys.modules)
    print("at the end:", sorted(m for m in heavy if type(sys.modules[m]).__name__ != "_DeferredModule"), file=sys.stderr)
"""


@pytest.mark.skipif(not worker.AVAILABLE, reason="elsewhere the command judges in its own process")
def test_the_command_waits_for_no_import_that_its_child_can_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PARENT], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines() == ["before the child: []", "at the end: []"]


def test_an_error_of_a_built_in_network_names_it_and_not_where_its_graph_lies() -> None:
    with pytest.raises(sensorfit.errors.ModelError, match=r"^picosam3: the shapes"):
        sensorfit.check("picosam3", input_shapes={"": (1, 3, 100, 100)})
