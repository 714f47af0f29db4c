"""An INT8 graph in ONNX's own operators gives, bit for bit, what MCT's quantizers give."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper

from sensorfit.quantize.native import native, session

from .test_layers import DATA, with_values

pytestmark = pytest.mark.heavy

mct_quantizers = pytest.importorskip("mct_quantizers")


def by_mct(model: onnx.ModelProto, values: np.ndarray) -> list[np.ndarray]:
    options = mct_quantizers.get_ort_session_options()
    options.intra_op_num_threads = 1
    run = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found: list[np.ndarray] = run.run(None, {run.get_inputs()[0].name: values})
    return found


def by_us(model: onnx.ModelProto, values: np.ndarray) -> Any:
    run = session(model.SerializeToString(), threads=1)
    return run.run(None, {run.get_inputs()[0].name: values})


@pytest.mark.parametrize("bits", [4, 8, 16])
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("threshold", [2.0**-6, 1.0, 2.0**31])
def test_a_quantizer_rounds_and_clips_alike(bits: int, signed: int, threshold: float) -> None:
    node = helper.make_node("ActivationPOTQuantizer", ["x"], ["y"], domain="mct_quantizers",
                            mctq_version="1.6.0", num_bits=bits, signed=signed, threshold=threshold)  # fmt: skip
    sides = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N"]) for n in "xy"]
    imports = [helper.make_opsetid("", 20), helper.make_opsetid("mct_quantizers", 1)]
    model = helper.make_model(
        helper.make_graph([node], "q", sides[:1], sides[1:]), opset_imports=imports, ir_version=9
    )
    step = threshold / 2 ** (bits - signed)
    halves = np.arange(-40, 40) * step / 2  # both ways of a tie are met
    wide = np.random.default_rng(0).normal(0, threshold, 10_000)
    values = np.concatenate([halves, wide, [-0.0, 100 * threshold]]).astype(np.float32)
    assert not [n for n in native(model).graph.node if n.domain]
    # MCT's own definition; as an operator it is given thresholds of six digits, 2.14748e9 for 2^31.
    defined = mct_quantizers.pytorch_quantizers.ActivationPOTInferableQuantizer(
        bits, [threshold], bool(signed)
    )
    np.testing.assert_array_equal(by_us(model, values)[0], defined(torch.from_numpy(values)).numpy())


@pytest.mark.parametrize("name", ["d4", "mix"])
def test_a_graph_gives_the_same_outputs_with_its_weights_quantized_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(gzip.decompress((DATA / f"{name}.onnx.gz").read_bytes()))
    with_values(path)
    model = onnx.load(str(path))
    shape = [d.dim_value or 1 for d in model.graph.input[0].type.tensor_type.shape.dim]
    values = np.random.default_rng(1).random(shape, np.float32)
    assert not [n for n in native(model).graph.node if n.domain == "mct_quantizers"]
    for ours, theirs in zip(by_us(model, values), by_mct(model, values), strict=True):
        assert np.ptp(theirs) > 0
        np.testing.assert_array_equal(ours, theirs)


TERMINATED = """
import signal, sys
from pathlib import Path
import onnx
from sensorfit.quantize import native
native.need("mct_quantizers")

def then(function):
    def called(*values):
        signal.raise_signal(signal.SIGTERM)
        return function(*values)
    return called

patched = 0
for module in [m for name, m in sys.modules.items() if name.startswith("mct_quantizers")]:
    for name in [n for n in vars(module) if n.startswith("quantize_") and n.endswith("_numpy")]:
        setattr(module, name, then(getattr(module, name)))
        patched += 1
assert patched
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
try:
    native.native(onnx.load(sys.argv[1]))
finally:
    Path(sys.argv[2]).touch()
"""


def test_a_signal_while_a_quantizer_runs_leaves_in_good_order(tmp_path: Path) -> None:
    """An exception out of a Python function that onnxruntime calls is an abort: a build left its directory behind."""
    path = tmp_path / "net.onnx"
    path.write_bytes(gzip.decompress((DATA / "d4.onnx.gz").read_bytes()))
    with_values(path)
    done = subprocess.run(
        [sys.executable, "-c", TERMINATED, str(path), str(tmp_path / "tidied")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, (tmp_path / "tidied").exists()) == (143, True), done.stderr[-2000:]
