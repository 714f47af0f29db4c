"""Children that judge: what crashes, hangs or swells there costs one answer, and one may begin before its tasks."""

from __future__ import annotations

import os
import signal

import pytest

from sensorfit import apart
from sensorfit.errors import ConfigError

pytestmark = pytest.mark.skipif(not apart.AVAILABLE, reason="children are forked on Linux only")


def _work(task: str) -> str:
    if task == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "hang":
        signal.pause()
    if task == "raise":
        raise ConfigError("no such thing")
    if task == "swell":
        return str(len(bytearray(2 * apart.MAX_MEMORY_BYTES)))
    return task


@pytest.mark.parametrize("workers", [1, 3])
def test_a_child_that_dies_or_hangs_costs_one_answer(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "GRACE_SECONDS", 0.0)
    tasks = ["a", "crash", "b", "hang", "c", "crash", "d"]
    found = list(apart.in_children(tasks, _work, workers, 0.5, lambda task, why: f"{task}: {why}"))
    died = "crash: the process that checked it died (signal SIGKILL)"
    assert found == ["a", died, "b", "hang: checking takes longer than 0.5 s", "c", died, "d"]


def test_a_child_has_a_bound_on_memory_and_hands_exceptions_on() -> None:
    with pytest.raises(MemoryError):
        list(apart.in_children(["swell"], _work, 1, 60, lambda task, why: why))
    with pytest.raises(ConfigError, match="no such thing"):
        list(apart.in_children(["a", "raise"], _work, 1, 60, lambda task, why: why))


_READY: list[str] = []


def _get_ready() -> None:
    _READY.append("ready")


def _who(task: str) -> tuple[int, list[str]]:
    return os.getpid(), [*_READY, task]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_child_with_a_head_start_gets_ready_and_takes_the_tasks() -> None:
    with apart.head_start(_who, _get_ready):
        (early,) = [child.pid for child in apart._begun.values()]
        found = list(apart.in_children(["a", "b"], _who, 1, 60, lambda task, why: (0, [why]), _get_ready))
    assert found == [(early, ["ready", "a"]), (early, ["ready", "b"])]


def test_a_child_that_nobody_asks_is_stopped() -> None:
    with pytest.raises(ConfigError), apart.head_start(_who, _get_ready):
        (child,) = apart._begun.values()
        raise ConfigError("the command line says nothing useful")
    assert child.exitcode == -signal.SIGKILL and not apart._begun


def test_a_child_that_dies_before_its_task_is_a_lost_task() -> None:
    with apart.head_start(_who, _die):
        (child,) = apart._begun.values()
        child.join()
        found = list(apart.in_children(["a"], _who, 1, 60, lambda task, why: (0, [why]), _die))
    assert found == [(0, ["the process that checked it died (signal SIGKILL)"])]
