"""The way out of what a file says in its own way works when it is followed to the letter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import helper

from sensorfit import check
from sensorfit.graph.load import load
from sensorfit.target import load_target
from sensorfit.verify.catalogue import texts
from sensorfit.verify.engine import verify
from sensorfit.verify.finding import Finding
from tools.probes.front_end import FrontEnd

from ..verify.text import found, model

TEXTS = texts(load_target("imx500"))
UNFOLDED = """(float[1,3,64,64] x) => (float[N,C,H,W] y) <float[4,3,3,3] w> {
    c = Constant <value = float[8] {0,0,0,0,0,0,1,1}> () low = Constant <value = float {0}> ()
    k = Clip (c, low, ) p = Cast <to = 7> (k) q = Pad (x, p) y = Conv <kernel_shape = [3, 3]> (q, w)
}"""
"""TensorFlow's "same" padding as timm exports it."""
FILES = {
    "SF508": TEXTS["SF508"].fails,
    "SF512": TEXTS["SF512"].fails,
    "SF513": TEXTS["SF513"].fails,
    "SF515": UNFOLDED,
    "SF516": TEXTS["SF516"].fails,
    "SF517": TEXTS["SF517"].fails,
    "SF516 of a type": "(float[1,3,64,64] x) => (float[1,3,64,64] y) <float16[1,3,64,64] r> { r = Relu (x) y = Sigmoid (r) }",
    "SF513 of a sparse tensor": "sparse",
}


def example(case: str) -> onnx.ModelProto:
    """The model of a case; sparse tensors have no text."""
    if FILES[case] != "sparse":
        return model(FILES[case])
    made = model("(float[1,3,64,64] x) => (float[1,3,64,64] y) <float[3,3,1,1] w> { y = Conv (x, w) }")
    values = helper.make_tensor("w", onnx.TensorProto.FLOAT, [2], [0.5, 0.25])
    places = helper.make_tensor("places", onnx.TensorProto.INT64, [2], [0, 8])
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [3, 3, 1, 1]))
    del made.graph.initializer[:]
    return made


def findings_of(case: str) -> list[Finding]:
    rule = case.split()[0]
    return [f for f in verify(load(example(case), "example"), load_target("imx500")) if f.rule == rule]


SAYS = {"EXEC": "execution_error", "INVMOD": "invalid_model_input"}


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd()


def follow(fix: str, start: onnx.ModelProto, directory: Path) -> onnx.ModelProto:
    """What the commands of ``fix`` make of ``start``."""
    onnx.save(start, directory / "model.onnx")
    (command,) = re.findall(r"run `([^`]+)`", fix)
    said = command.replace("1,3,H,W", "1,3,64,64")
    tools = f"export PATH={Path(sys.executable).parent}:$PATH; "
    subprocess.run(["bash", "-ec", tools + said], cwd=directory, check=True, capture_output=True)
    made = [
        p for p in (directory / "slim.onnx", directory / "new.onnx", directory / "cut.onnx") if p.exists()
    ]
    return onnx.load(made[0])


@pytest.mark.parametrize("rule", FILES)
def test_a_file_in_its_own_way_is_a_warning_and_not_a_refusal(rule: str) -> None:
    said = findings_of(rule)
    assert said and all(
        f.severity == "warning" and f.support == "supported" and f.converter_code for f in said
    )
    assert (
        "sensorfit build" in said[0].message and "to run the converter on this file yourself" in said[0].fix
    )


@pytest.mark.toolchain
@pytest.mark.parametrize("rule", FILES)
def test_the_real_front_end_takes_the_file_once_the_fix_is_followed_to_the_letter(
    rule: str, front_end: FrontEnd, tmp_path: Path
) -> None:
    pytest.importorskip("onnxslim")
    start = example(rule)
    made = follow(findings_of(rule)[0].fix, start, tmp_path)
    assert front_end.judge(made)["verdict"] == "accepted"


@pytest.mark.toolchain
@pytest.mark.parametrize("rule", FILES)
def test_the_real_front_end_refuses_the_raw_file_as_the_finding_says(rule: str, front_end: FrontEnd) -> None:
    (code,) = {f.converter_code for f in findings_of(rule)}
    assert front_end.judge(example(rule))["verdict"] == SAYS[code]


@pytest.fixture
def quantized(root: Path) -> onnx.ModelProto:
    """A strided slice between two convolutions as MCT exports it (a public report)."""
    return onnx.load(root / "tests/data/operators/quantized_slice.onnx")


def of_stale_shapes(of: onnx.ModelProto) -> list[Finding]:
    return [f for f in verify(load(of, "quantized"), load_target("imx500")) if f.rule == "SF516"]


def test_a_quantized_network_takes_what_the_converter_says(quantized: onnx.ModelProto) -> None:
    report = check(quantized)
    assert (report.memory.runtime_bytes, report.memory.weights_bytes) == (69_632, 3_488)  # 68.00KB, 3.41KB


def test_a_quantizer_without_a_recorded_shape_is_refused_by_name(quantized: onnx.ModelProto) -> None:
    assert of_stale_shapes(quantized) == []
    del quantized.graph.value_info[:]
    said = of_stale_shapes(quantized)
    written = {n.output[0] for n in quantized.graph.node if n.domain} - {quantized.graph.output[0].name}
    assert {f.tensor for f in said} == written and len(written) == 4
    assert all(f.severity == "error" and f.converter_code == "EXEC" for f in said)


@pytest.mark.toolchain
def test_the_real_front_end_takes_it_once_the_shapes_are_recorded_anew(
    front_end: FrontEnd, quantized: onnx.ModelProto, tmp_path: Path
) -> None:
    del quantized.graph.value_info[:]
    assert front_end.judge(quantized)["verdict"] == "execution_error"
    made = follow(of_stale_shapes(quantized)[0].fix, quantized, tmp_path)
    assert front_end.judge(made)["verdict"] == "accepted" and of_stale_shapes(made) == []


READERS = {
    "y = Slice (x, k, end, axis)": "INVOP",
    "y = Slice (x, zero, k, axis)": "INVOP",
    "y = Slice (x, zero, end, k)": "INVOP",
    "y = Slice (x, zero, end, axis, k)": "INVOP",
    "y = Reshape (x, k)": "EXEC",
    "y = Pow (x, k)": "EXEC",
}
"""What reads a constant that is not folded, and the code that the front end has for it."""


def reader(text: str) -> str:
    one, lowest = ("int64[1] {1}", "int64 {-9}")
    if "Reshape" in text:
        one = "int64[4] {1,3,64,64}"
    if "Pow" in text:
        one, lowest = ("float {2}", "float {0}")
    weights = {"zero": "int64[1] zero = {0}", "end": "int64[1] end = {64}", "axis": "int64[1] axis = {3}"}
    read = ", ".join(w for name, w in weights.items() if f" {name}" in text)
    read = f" <{read}>" if read else ""
    return f"""(float[1,3,64,64] x) => (float[a,b,c,d] y){read} {{
        one = Constant <value = {one}> () low = Constant <value = {lowest}> () k = Clip (one, low, ) {text} }}"""


@pytest.mark.parametrize(("text", "code"), READERS.items())
def test_what_reads_an_unfolded_constant_decides_the_code(text: str, code: str) -> None:
    assert {f.converter_code for f in found(reader(text), "SF515")} == {code}


@pytest.mark.toolchain
def test_the_real_front_end_has_that_code(front_end: FrontEnd) -> None:
    said = {text: front_end.judge(model(reader(text)))["verdict"] for text in READERS}
    assert said == {text: {"INVOP": "invalid_operator", **SAYS}[code] for text, code in READERS.items()}


@pytest.mark.parametrize(
    ("behind", "said"), [("", "end the network at the scores"), ("y = Relu(s)", "keep it if INT8")]
)
def test_a_softmax_that_is_no_attention_ends_the_network_or_is_kept(behind: str, said: str) -> None:
    out = "s" if not behind else "y"
    text = f"(float[1,3,64,64] x) => (float[1,3,64,64] {out}) {{ s = Softmax <axis = 1> (x) {behind} }}"
    (fix,) = [f.fix for f in check(model(text)).findings if f.rule == "SF201"]
    assert said in fix
