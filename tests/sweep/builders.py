"""Builders that a test's space names: a good one, and ones that crash, hang, raise and return nonsense."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import onnx
import onnx.parser

TEXT = '<ir_version: 8, opset_import: ["" : 17]>\ng (float[1,3,64,64] x) => (float[1,3,64,64] y) {{ y = {op}(x) }}'


def build(op: str = "Relu", n: int = 0) -> onnx.ModelProto:
    """A network of one operator."""
    return onnx.parser.parse_model(TEXT.format(op=op))


def troubled(n: int) -> onnx.ModelProto:
    """Good but for a few: 3 raises, 5 kills its process, 7 hangs in C, 8 hangs in Python, 9 is nonsense."""
    if n == 3:
        raise RuntimeError("no such width")
    if n == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    if n == 7:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(3600)
    while n == 8:
        pass
    return "absent.onnx" if n == 6 else 17 if n == 9 else build()  # type: ignore[return-value]


def once(n: int, marker: str) -> onnx.ModelProto:
    """Candidate 2 dies the first time, as a process that somebody kills."""
    place = Path(marker)
    if n == 2 and not place.exists():
        place.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return build()


def slow(n: int) -> onnx.ModelProto:
    """A tenth of a second each."""
    time.sleep(0.1)
    return build()


def by_kernel(trial) -> float:  # type: ignore[no-untyped-def]
    """An accuracy that its parameters decide; it reports on the way."""
    assert trial.model.is_file() and trial.directory.is_dir()
    if trial.parameters["kernel"] == 7:
        raise RuntimeError("no data")
    good = 0.9 if trial.parameters["kernel"] == 3 else 0.1
    for step in range(1, 30):
        trial.report(good * step / 30, step)
    return good
