"""Every model of ONNX's own backend test suite gets a verdict or a sentence."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from sensorfit.api import check
from sensorfit.errors import InputError

MODELS = sorted((Path(onnx.__file__).parent / "backend" / "test" / "data").rglob("*.onnx"))
VERDICTS = {"fits", "does_not_fit", "unknown"}


def verdict_or_sentence(path: Path) -> str:
    try:
        return str(check(path).verdict)
    except InputError as e:
        assert "\n" not in str(e)
        assert str(path) in str(e) or path.stem in str(e)
        return "cannot be checked"


def test_there_is_a_suite() -> None:
    assert len(MODELS) > 1400


@pytest.mark.parametrize("path", MODELS[::20], ids=lambda p: p.parent.name)
def test_a_sample_of_the_suite(path: Path) -> None:
    assert verdict_or_sentence(path) in VERDICTS | {"cannot be checked"}


@pytest.mark.toolchain
def test_the_whole_suite() -> None:
    assert {verdict_or_sentence(p) for p in MODELS} <= VERDICTS | {"cannot be checked"}
