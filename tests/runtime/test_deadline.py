"""The deadline ends what runs too long."""

from __future__ import annotations

import time

import pytest

from sensorfit.errors import ModelError
from sensorfit.runtime.deadline import deadline


def test_the_deadline_interrupts_code_that_survives_exceptions() -> None:
    def stubborn() -> None:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                sum(range(1000))
            except Exception:
                continue

    with pytest.raises(ModelError, match=r"takes longer than 0\.05 s"), deadline("m.onnx", 0.05):
        stubborn()


def test_the_deadline_leaves_nothing_behind() -> None:
    import signal

    with deadline("m.onnx", 60):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
