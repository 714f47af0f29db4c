"""Signals wait while foreign code runs Python functions."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from sensorfit.runtime.held import signals_held


@pytest.fixture
def seen() -> list[int]:
    return []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_handled_after_the_block_and_by_the_handler_before(sign: int, seen: list[int]) -> None:
    before = signal.signal(sign, lambda number, frame: seen.append(number))
    try:
        with signals_held():
            signal.raise_signal(sign)
            signal.raise_signal(sign)
            assert seen == []
        assert seen == [sign]
        signal.raise_signal(sign)
        assert seen == [sign, sign]
    finally:
        signal.signal(sign, before)


def test_a_signal_that_nobody_handles_ends_the_process_at_once() -> None:
    code = (
        "import signal; from sensorfit.runtime.held import signals_held\n"
        "with signals_held(): signal.raise_signal(signal.SIGTERM); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGTERM and done.stdout == ""


def test_another_thread_holds_nothing() -> None:
    failed: list[BaseException] = []

    def block() -> None:
        try:
            with signals_held():
                pass
        except ValueError as error:  # only the main thread may set handlers
            failed.append(error)

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert failed == []
