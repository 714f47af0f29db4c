"""``sensorfit fix``: options, exit codes, files."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from click.testing import CliRunner, Result
from onnx import numpy_helper

from sensorfit.cli import group
from sensorfit.rewrite import declare, price
from sensorfit.rewrite.declare import chosen, rewrites
from sensorfit.rewrite.fix import fix
from sensorfit.rewrite.proof import Proven

from ..conftest import ROOT
from .harness import TARGET, ended, model
from .test_forms import CASES, WINDOWS
from .test_outlook import ACCEPTED, STUCK

POOL = CASES["max_pool"][1]
CONSTANT = "(float[1,64,8,8] x) => (float[1,64,8,8] y) <float[64,64,3,3] v, float[64,64,3,3] w> { a = Conv <pads = [1, 1, 1, 1]> (x, v)  b = Relu(a)  y = Conv <pads = [1, 1, 1, 1]> (b, w) }"
DEEP = "(float[1,1024,4,4] x) => (float[1,1024,4,4] y) <float[1024,1024,3,3] u, float[1024,1024,3,3] v, float[1024,1024,3,3] w, float[1024,1024,3,3] z> { a = Conv <pads = [1, 1, 1, 1]> (x, u)  b = Elu(a)  c = Conv <pads = [1, 1, 1, 1]> (b, v)  d = Conv <pads = [1, 1, 1, 1]> (c, w)  y = Conv <pads = [1, 1, 1, 1]> (d, z) }"
DEPTHWISE = "(float[1,6,8,8] x) => (float[1,6,18,18] y) <float[6,1,4,4] w> { y = ConvTranspose <kernel_shape = [4, 4], strides = [2, 2], group = 6> (x, w) }"


def invoke(tmp_path: Path, text: str, *more: str) -> Result:
    onnx.save(model(text), tmp_path / "model.onnx")
    return CliRunner().invoke(
        group, ["fix", str(tmp_path / "model.onnx"), "-o", str(tmp_path / "fixed.onnx"), *more]
    )


def test_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke(tmp_path, POOL).exit_code == 0
    assert invoke(tmp_path, STUCK).exit_code == 1
    assert ended(invoke(tmp_path, POOL, "--only", "NoSuchRewrite"))[0] == 2
    open_size = POOL.replace("1,4,32,32", "1,4,h,w").replace("1,4,16,16", "1,4,a,b")
    assert ended(invoke(tmp_path, open_size))[0] == 2
    monkeypatch.setattr("sensorfit.rewrite.applied.prove", lambda *_: Proven(False, "polynomial", 1.0))
    (tmp_path / "fixed.onnx").unlink()
    code, text = ended(invoke(tmp_path, POOL))
    assert code == 3 and "RW111 PoolCeilMode" in text
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def test_a_graph_that_needs_nothing_says_so_and_is_written_normalised(tmp_path: Path) -> None:
    done = invoke(tmp_path, ACCEPTED)
    assert done.exit_code == 0 and "NEEDS NO REWRITE" in done.output
    onnx.checker.check_model(tmp_path / "fixed.onnx", full_check=True)


@pytest.mark.parametrize("opset", [12, 17])
def test_weights_in_constant_nodes_survive_whatever_the_opset(opset: int, tmp_path: Path) -> None:
    """As paddle2onnx writes them; a file as large as this one is read with its weights left in it."""
    before = model(CONSTANT, opset)
    weights = [t for t in before.graph.initializer if np.prod(t.dims) > 1024]
    assert sum(len(t.raw_data) for t in weights) > 1 << 18
    for tensor in weights:
        before.graph.initializer.remove(tensor)
        before.graph.node.insert(0, onnx.helper.make_node("Constant", [], [tensor.name], value=tensor))
    onnx.save(before, tmp_path / "model.onnx")
    done = CliRunner().invoke(
        group, ["fix", str(tmp_path / "model.onnx"), "-o", str(tmp_path / "fixed.onnx")]
    )
    assert done.exit_code == 0 and "not compared" not in done.output
    image = {"x": np.random.default_rng(0).random((1, 64, 8, 8), np.float32)}
    a, b = (ort.InferenceSession(str(tmp_path / n)).run(None, image)[0] for n in ("model.onnx", "fixed.onnx"))
    assert np.ptp(a) > 0 and np.array_equal(a, b)


@pytest.mark.parametrize("name", ["max_pool", "align_corners", "transposed_conv", "linear_5d", "reflect"])
def test_a_second_run_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    assert invoke(tmp_path, CASES[name][1]).exit_code == 0
    once, again = tmp_path / "fixed.onnx", tmp_path / "again.onnx"
    assert not fix(once, again, TARGET).rewrites
    assert again.read_bytes() == once.read_bytes()


@pytest.mark.parametrize("word", ["PoolCeilMode", "RW111", "SF113", "poolceilmode"])
def test_only_and_skip_take_a_rewrite_by_id_name_or_rule(word: str, tmp_path: Path) -> None:
    assert invoke(tmp_path, POOL, "--only", word).exit_code == 0
    skipped = invoke(tmp_path, POOL, "--skip", word)
    assert skipped.exit_code == 1 and "left out by the options: PoolCeilMode" in skipped.output


def test_what_the_options_left_out_is_told_of_the_operators_that_it_answers_alone(tmp_path: Path) -> None:
    """Two operators of one rule, one of them without a rewrite."""
    text = "(float[1,4,8,8] x) => (float[1,4,8,8] y) { e = Elu (x) y = Hardmax <axis = 1> (e) }"
    told = invoke(tmp_path, text, "--skip", "EluByExp").output.split("SF101 ")
    assert "Elu ×1" in told[1] and "left out by the options: EluByExp" in told[1]
    assert "Hardmax ×1" in told[2] and "no rewrite is known for this form" in told[2]
    found = json.loads(invoke(tmp_path, text, "--skip", "EluByExp", "--format", "json").stdout)
    assert found["left_out"] == {"SF101": ["EluByExp"]}


def test_heads_are_left_to_mct_where_that_is_asked_for(tmp_path: Path) -> None:
    done = invoke(tmp_path, WINDOWS, "--no-split-heads", "--format", "json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0 and found["remaining"] == [] and "left to MCT" in found["notes"][0]
    made = onnx.load(tmp_path / "fixed.onnx").graph.node
    assert sum(n.op_type == "MatMul" for n in made) == 1 + 2


def test_the_ways_are_shown_with_their_figures_and_the_cheapest_is_taken(tmp_path: Path) -> None:
    found = json.loads(invoke(tmp_path, DEPTHWISE, "--explain", "--format", "json").stdout)
    (one,) = found["rewrites"]
    size = lambda price: price["runtime_bytes"] + price["weights_bytes"]  # noqa: E731
    assert one["alternatives"] and all(size(one["price"]) <= size(w["price"]) for w in one["alternatives"])
    shown = invoke(tmp_path, DEPTHWISE, "--explain").output
    assert "ways at" in shown and one["alternatives"][0]["name"] in shown


def test_a_price_is_made_when_it_is_asked_for_and_travels_with_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    priced: list[object] = []
    monkeypatch.setattr(price, "cost_of", lambda *a, of=price.cost_of: priced.append(a) or of(*a))
    made = fix(model(POOL), None, TARGET)
    assert not priced
    assert pickle.loads(pickle.dumps(made)).to_dict() == made.to_dict()
    assert len(priced) == 2 and made.rewrites[0].price is not None


@pytest.fixture
def one_approximate(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A rewrite declared approximate."""
    every = tuple(
        replace(r, kind="approximate", bound=1.0) if r.name == "PoolCeilMode" else r for r in rewrites()
    )
    monkeypatch.setattr(declare, "rewrites", lambda: every)
    yield "PoolCeilMode"


def test_approximate_rewrites_are_made_only_on_request(one_approximate: str) -> None:
    assert one_approximate not in {r.name for r in chosen()}
    assert one_approximate not in {r.name for r in chosen([one_approximate])}
    assert one_approximate in {r.name for r in chosen(approximate=True)}


def test_a_rewrite_that_fails_is_named_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(site: object) -> Iterator[object]:
        raise KeyError("axis")
        yield

    every = tuple(replace(r, draw=broken) if r.name == "PoolCeilMode" else r for r in rewrites())  # type: ignore[arg-type]
    monkeypatch.setattr(declare, "rewrites", lambda: every)
    monkeypatch.delenv("SENSORFIT_DEBUG", raising=False)
    fixed = fix(model(POOL), None, TARGET)
    assert fixed.exit_code == 1
    assert any(
        "RW111 PoolCeilMode could not be tried at" in n and "KeyError: 'axis'" in n for n in fixed.notes
    )


def test_a_file_without_its_weights_is_refused_in_a_sentence(tmp_path: Path) -> None:
    made = model(CASES["linear_3d"][1])
    for tensor in made.graph.initializer:
        tensor.ClearField("raw_data")
    onnx.save(made, tmp_path / "stripped.onnx")
    given = ["fix", str(tmp_path / "stripped.onnx"), "-o", str(tmp_path / "fixed.onnx")]
    code, text = ended(CliRunner().invoke(group, given))
    assert code == 2 and "the data of 'w' is not there" in text
    assert not (tmp_path / "fixed.onnx").exists()


def test_weights_beside_the_file_come_into_the_fixed_one(tmp_path: Path) -> None:
    made = model(CASES["transposed_conv"][1])
    values = numpy_helper.to_array(made.graph.initializer[0])
    onnx.save(made, tmp_path / "model.onnx", save_as_external_data=True, location="w.data", size_threshold=0)
    assert fix(tmp_path / "model.onnx", tmp_path / "fixed.onnx", TARGET).exit_code == 0
    (tmp_path / "w.data").unlink()
    (kernel,) = (t for t in onnx.load(tmp_path / "fixed.onnx").graph.initializer if len(t.dims) == 4)
    np.testing.assert_array_equal(numpy_helper.to_array(kernel), values)


PEAK = """
import sys
from sensorfit.api import load_target
from sensorfit.rewrite.fix import fix
assert fix(sys.argv[1], sys.argv[2], load_target()).exit_code == 0
print(next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("batch", [1, 2])
def test_weights_are_in_memory_once(batch: int, tmp_path: Path) -> None:
    """The sessions before and after, one after the other; what they return keeps neither alive."""
    peaks, weights = [], []
    for channels in (8, 1024):
        text = DEEP.replace("1024", str(channels)).replace("float[1,", f"float[{batch},")
        onnx.save(model(text), tmp_path / "model.onnx")
        weights.append((tmp_path / "model.onnx").stat().st_size)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(tmp_path / "model.onnx"), str(tmp_path / "fixed.onnx")],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert weights[1] > 140e6
    assert peaks[1] - peaks[0] < 1.6 * weights[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to handle")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_what_is_ended_on_the_way_leaves_nothing_behind(sign: signal.Signals, tmp_path: Path) -> None:
    onnx.save(model(DEEP), tmp_path / "model.onnx")
    running = subprocess.Popen(
        [sys.executable, "-m", "sensorfit", "fix", "model.onnx", "-o", "fixed.onnx"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(sign, signal.SIG_DFL),  # a shell's background job ignores SIGINT
    )
    until = time.monotonic() + 60
    while not any(p.is_dir() for p in tmp_path.iterdir()) and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(sign)
    running.communicate(timeout=60)
    assert running.returncode == 128 + sign
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.skipif(sys.platform == "win32", reason="nothing tells there whether a directory is in use")
def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (left := tmp_path / ".sensorfit-fix-0123abcd").mkdir()
    (left / "fixed.onnx").write_bytes(b"half")
    assert invoke(tmp_path, POOL).exit_code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fixed.onnx", "model.onnx"]


def chained(count: int) -> onnx.ModelProto:
    """``count`` blocks of a convolution, a pool in ceil mode, an upsampling and a product on tokens."""
    lines, last = [], "x"
    for i in range(count):
        lines.append(
            f"c{i} = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> ({last}, w) "
            f"p{i} = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (c{i}) "
            f'u{i} = Resize <mode = "linear", coordinate_transformation_mode = "align_corners"> (p{i}, , , s) '
            f"t{i} = Reshape (u{i}, tokens) m{i} = MatMul (t{i}, v) r{i} = Reshape (m{i}, s)"
        )
        last = f"r{i}"
    text = f"""(float[1,4,16,16] x) => (float[1,4,16,16] {last})
    <float[4,4,3,3] w, float[16,16] v, int64[4] s = {{1,4,16,16}}, int64[3] tokens = {{1,64,16}}> {{ {" ".join(lines)} }}"""
    return model(text)


def calls(count: int) -> int:
    """Calls of Python functions that ``fix`` makes on so many blocks: its work, whatever the machine does besides."""
    made, seen = chained(count), 0

    def count_one(frame: object, event: str, argument: object) -> None:
        nonlocal seen
        seen += event == "call"

    sys.setprofile(count_one)
    try:
        fix(made, None, TARGET)
    finally:
        sys.setprofile(None)
    return seen


def test_its_work_grows_with_the_nodes_alone() -> None:
    calls(1)  # what is done once
    small, large = calls(6), calls(24)
    assert large < 4.6 * small
