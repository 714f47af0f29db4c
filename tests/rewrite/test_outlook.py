"""What a check says that ``fix`` would reach is what ``fix`` reaches."""

from __future__ import annotations

from pathlib import Path

from sensorfit.analysis import analyse
from sensorfit.rewrite.outlook import outlook

from .harness import TARGET, model, rewritten
from .test_forms import CASES, WINDOWS


def test_the_outlook_is_what_fix_reaches(tmp_path: Path) -> None:
    for text in (WINDOWS, CASES["reflect"][1], CASES["transposed_conv"][1]):
        seen, case = outlook(analyse(model(text), TARGET)), rewritten(text, tmp_path)
        assert seen is not None
        assert seen.remaining == 0 and seen.fixable
        assert seen.rewrites == case.fixed.counted()
        assert seen.after == case.fixed.after


def test_a_network_without_refused_operators_has_no_outlook() -> None:
    accepted = model("(float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }")
    assert outlook(analyse(accepted, TARGET)) is None
