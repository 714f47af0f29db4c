"""The rules beside the front end's recorded answers."""

from __future__ import annotations

import json
import re
import zipfile
from functools import cache
from pathlib import Path

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.errors import InputError
from sensorfit.graph.load import load
from sensorfit.verify.engine import front_end_verdict, verify
from sensorfit.verify.finding import Finding
from tools.probes.ask import answers
from tools.probes.families import all_probes

DATA = Path(__file__).parents[1] / "data" / "operators"
GIVEN = json.loads((DATA / "operators.json").read_text())
TOOLCHAIN = json.loads((DATA / "toolchain.json").read_text())
STEPS_THAT_ARE_NOT_THE_CONVERTERS = {
    k for k, v in TOOLCHAIN.items() if v["verdict"].startswith("not_reached")
}
REPORTED_AND_NOT_PACKAGED = {"groupnorm", "instancenorm"}
"""The recorded toolchain run ended at the memory report; asked for the package, the converter's back end stops (SF132)."""


@cache
def judged(archive: str, name: str) -> tuple[Finding, ...]:
    with zipfile.ZipFile(DATA / archive) as file:
        proto = onnx.load_model_from_string(file.read(f"{name}.onnx"))
    return verify(load(proto, name), load_target())


def refused(findings: tuple[Finding, ...]) -> bool:
    return any(f.support == "unsupported" for f in findings)


def substance(reason: str) -> str:
    """A reason without punctuation and node names."""
    return re.sub(r"[^a-z0-9.]+", " ", reason.lower().rstrip(".")).strip()


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_the_verdict_on_a_given_probe_is_the_front_ends(name: str) -> None:
    assert front_end_verdict(judged("probes.zip", name)) == GIVEN[name]["verdict"]


@pytest.mark.parametrize("name", sorted(k for k, v in GIVEN.items() if v["operators"] or v["reasons"]))
def test_the_reasons_for_a_refusal_are_the_front_ends(name: str) -> None:
    findings = judged("probes.zip", name)
    ours = substance(" ".join(f.reason for f in findings))
    for reason in GIVEN[name]["reasons"]:
        assert substance(reason.split("reason: ")[1]) in ours
    for operator in (GIVEN[name]["operators"] or "").split(", "):
        assert not operator or any(f.op == operator and f.converter_code == "USOP" for f in findings)


def test_no_given_probe_is_called_fit_where_the_road_refuses_it() -> None:
    rewritten_on_the_road = {
        "act_gelu_erf",
        "matmul_4d_tt",
        "attn_4d_h1",
        "attn_4d_h4",
        "cast_f16",
        "input_f16",
    }
    fits = {k for k in GIVEN if not refused(judged("probes.zip", k))}
    assert {k for k in fits if GIVEN[k]["verdict"] != "accepted"} == rewritten_on_the_road


@pytest.mark.parametrize("name", sorted(set(TOOLCHAIN) - STEPS_THAT_ARE_NOT_THE_CONVERTERS))
def test_a_torch_modules_float_export_is_judged_as_the_road_ends(name: str) -> None:
    findings = judged("toolchain.zip", name)
    if name in REPORTED_AND_NOT_PACKAGED:
        assert {f.rule for f in findings if f.support == "unsupported"} == {"SF132"}
        findings = tuple(f for f in findings if f.rule != "SF132")
    assert refused(findings) == (TOOLCHAIN[name]["verdict"] != "accepted")


def test_every_probe_is_valid_onnx() -> None:
    for model in all_probes().values():
        onnx.checker.check_model(model, full_check=True)


def test_our_own_probes_have_the_recorded_verdicts() -> None:
    recorded, graphs, target = answers(), all_probes(), load_target()
    assert recorded.keys() == graphs.keys(), "run: python -m tools.probes.ask"
    assert len(recorded) > 3000
    different, unread = {}, set()
    for name, answer in recorded.items():
        try:
            findings = verify(load(graphs[name], name), target)
        except InputError:
            unread.add(name)  # a sentence instead of a verdict
            continue
        if any(f.support == "unknown" and f.rule != "SF514" for f in findings):  # sizes are not its word
            continue
        if front_end_verdict(findings) != answer["verdict"]:
            different[name] = f"{front_end_verdict(findings)}, recorded {answer['verdict']}"
    assert different == {
        "Size": "execution_error, recorded unsupported_operator"
    }  # its output is a constant to us
    assert unread == {"padbig_512"}  # 2^34 elements
