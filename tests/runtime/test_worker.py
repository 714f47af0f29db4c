"""Children that judge: what crashes, hangs or swells there costs one answer, and one may begin before its tasks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sensorfit.errors import ConfigError
from sensorfit.runtime import worker

pytestmark = pytest.mark.skipif(not worker.AVAILABLE, reason="children are forked on Linux only")


def _work(task: str) -> str:
    if task == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "hang":
        signal.pause()
    if task == "raise":
        raise ConfigError("no such thing")
    if task == "swell":
        return str(len(bytearray(2 * worker.MAX_MEMORY_BYTES)))
    return task


@pytest.mark.parametrize("workers", [1, 3])
def test_a_child_that_dies_or_hangs_costs_one_answer(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.0)
    tasks = ["a", "crash", "b", "hang", "c", "crash", "d"]
    found = list(worker.run_in_workers(tasks, _work, workers, 0.5, lambda task, why: f"{task}: {why}"))
    died = "crash: the process that checked it died (signal SIGKILL)"
    assert found == ["a", died, "b", "hang: checking takes longer than 0.5 s", "c", died, "d"]


def test_a_child_has_a_bound_on_memory_and_hands_exceptions_on() -> None:
    with pytest.raises(MemoryError):
        list(worker.run_in_workers(["swell"], _work, 1, 60, lambda task, why: why))
    with pytest.raises(ConfigError, match="no such thing"):
        list(worker.run_in_workers(["a", "raise"], _work, 1, 60, lambda task, why: why))


_READY: list[str] = []


def _get_ready() -> None:
    _READY.append("ready")


def _who(task: str) -> tuple[int, list[str]]:
    return os.getpid(), [*_READY, task]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_child_with_a_head_start_gets_ready_and_takes_the_tasks() -> None:
    with worker.prefork(_who, _get_ready):
        (early,) = [child.pid for child in worker._begun.values()]
        found = list(worker.run_in_workers(["a", "b"], _who, 1, 60, lambda task, why: (0, [why]), _get_ready))
    assert found == [(early, ["ready", "a"]), (early, ["ready", "b"])]


def test_a_child_that_nobody_asks_is_stopped() -> None:
    with pytest.raises(ConfigError), worker.prefork(_who, _get_ready):
        (child,) = worker._begun.values()
        raise ConfigError("the command line says nothing useful")
    assert child.join() == -signal.SIGKILL and not worker._begun


def test_a_child_that_dies_before_its_task_is_a_lost_task() -> None:
    with worker.prefork(_who, _die):
        (child,) = worker._begun.values()
        child.join()
        found = list(worker.run_in_workers(["a"], _who, 1, 60, lambda task, why: (0, [why]), _die))
    assert found == [(0, ["the process that checked it died (signal SIGKILL)"])]


def _copy_that_dies(pid: int) -> int:
    if os.getpid() != pid:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_what_is_begun_beside_runs_in_a_copy_and_its_answer_or_exception_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> int:
        raise ConfigError(f"no such thing in {os.getpid()}")

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    known, refused = worker.beside(os.getpid), worker.beside(refuse)
    assert known() != os.getpid()
    with pytest.raises(ConfigError, match=r"no such thing in \d+") as error:
        refused()
    assert str(os.getpid()) not in str(error.value)


def test_without_a_second_processor_it_is_done_here_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    done: list[int] = []
    known = worker.beside(lambda: done.append(os.getpid()))
    assert done == [os.getpid()] and known() is None


def test_the_work_of_a_copy_that_dies_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    here = os.getpid()
    assert worker.beside(lambda: _copy_that_dies(here))() == here


def _leaves_a_copy(_: str) -> int:
    worker.beside(signal.pause)
    return worker.newest


def test_a_copy_ends_with_the_process_that_began_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    start = worker._Worker

    def noted(*arguments: Any) -> Any:
        child = start(*arguments)
        monkeypatch.setattr(worker, "newest", child.pid, raising=False)
        return child

    monkeypatch.setattr(worker, "_Worker", noted)
    (copy,) = worker.run_in_workers(["a"], _leaves_a_copy, 1, 60, lambda task, why: 0)
    until = time.monotonic() + 10
    while _runs(copy) and time.monotonic() < until:
        time.sleep(0.01)
    assert copy and not _runs(copy)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_command_whose_parent_ignores_the_end_of_children_answers(tmp_path: Path) -> None:
    code = "import signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); from sensorfit.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "check", "picosam3", "--no-baseline"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "") and "FITS" in done.stdout
