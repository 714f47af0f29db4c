"""However a command ends, nothing it began lives on, and the next start removes what it left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sensorfit.convert import toolchain
from sensorfit.errors import ToolchainError
from sensorfit.pipeline.bundle import atomic_directory
from sensorfit.runtime.scratch import PREFIX, abandoned, locked_directory, scratch_directory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descendants are found by /proc")

ASKS = """
import sys
from pathlib import Path
from sensorfit.convert.toolchain import run
from sensorfit.runtime.scratch import locked_directory
with locked_directory(Path(sys.argv[1]), "left-", "left-") as scratch:
    run(["/bin/sh", "-c", sys.argv[2]], scratch / "log", 600)
"""
TREE = "sleep 601 & (trap '' TERM; setsid sleep 602 & sleep 603) & (setsid sh -c 'sleep 604; true' &) ; touch {mark}; wait"
"""A tool with children: one that ignores SIGTERM, one in a session of its own, one whose parent has ended."""


def alive(*seconds: int) -> list[str]:
    """The sleeps of ``TREE`` that run."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if line[:1] == [b"sleep"] and line[1:2] and line[1].decode() in map(str, seconds):
            found.append(line[1].decode())
    return found


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_tool_and_all_it_started_end_with_the_command_that_asked(
    tmp_path: Path, sign: signal.Signals
) -> None:
    mark = tmp_path / "mark"
    process = subprocess.Popen(
        [sys.executable, "-c", ASKS, str(tmp_path), TREE.format(mark=mark)],
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup ignores it
    )
    _until(mark.exists)
    _until(lambda: len(alive(601, 602, 603, 604)) == 4)
    process.send_signal(sign)
    process.wait(30)
    _until(lambda: not alive(601, 602, 603, 604))
    left = [p for p in tmp_path.iterdir() if p.name.startswith("left-")]
    assert len(left) == 1 or sign != signal.SIGKILL
    with locked_directory(tmp_path, "left-", "left-") as own:
        assert [p for p in tmp_path.iterdir() if p.name.startswith("left-")] == [own]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("left-")]


def _until(holds: object, seconds: float = 30) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_tool_that_ends_leaves_no_process(tmp_path: Path) -> None:
    code, text = toolchain.run(
        ["/bin/sh", "-c", "(setsid sleep 605 > /dev/null 2>&1 &); echo done; exit 7"], tmp_path / "log", 60
    )
    assert (code, text) == (7, "done\n") and not alive(605)


def test_a_tool_that_is_killed_ends_by_that_signal_and_one_that_cannot_start_is_named(tmp_path: Path) -> None:
    assert toolchain.run(["/bin/sh", "-c", "kill -ABRT $$"], tmp_path / "log", 60)[0] == -signal.SIGABRT
    with pytest.raises(
        ToolchainError, match=r"/nowhere/tool cannot be started \(No such file or directory\)"
    ):
        toolchain.run(["/nowhere/tool"], tmp_path / "log", 60)


def test_a_tool_imports_nothing_from_the_directory_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("print('PWNED')")
    monkeypatch.chdir(tmp_path)
    for command in ([sys.executable, "-m", "json.tool", "--help"], [sys.executable, "-c", "import json"]):
        assert "PWNED" not in toolchain.run(command, Path("log"), 60)[1]


def test_a_directory_in_use_is_left_alone_and_another_users_files_too(tmp_path: Path) -> None:
    with locked_directory(tmp_path, "x-", "x-") as first:
        (tmp_path / "x-file").write_text("")
        (tmp_path / "x-link").symlink_to(first)
        assert [*abandoned(tmp_path, "x-")] == []
        with locked_directory(tmp_path, "x-", "x-") as second:
            assert first.is_dir() and second.is_dir() and first != second
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x-file", "x-link"]


def test_a_persons_own_directory_beside_ours_is_never_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine = tmp_path / "sensorfit-results"
    mine.mkdir()
    with scratch_directory("confirm") as scratch:
        assert scratch.parent == tmp_path
    assert [*tmp_path.iterdir()] == [mine]


def test_the_next_build_removes_what_a_killed_one_left_and_puts_the_earlier_build_back(
    tmp_path: Path,
) -> None:
    for name in (".out.partial-1234", ".out.old-1234", ".other.partial-1"):
        (tmp_path / name).mkdir()
    (tmp_path / ".out.old-1234" / "earlier").write_text("")
    with pytest.raises(ZeroDivisionError), atomic_directory(tmp_path / "out"):
        raise ZeroDivisionError
    assert sorted(p.name for p in tmp_path.iterdir()) == [".other.partial-1", "out"]
    assert (tmp_path / "out" / "earlier").exists()


@pytest.mark.toolchain
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM], ids=lambda s: s.name)
def test_a_killed_check_leaves_neither_the_front_end_nor_its_directory(
    tmp_path: Path, sign: signal.Signals
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "sensorfit", "check", "picosam3", "--confirm"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _until(lambda: any("uni-pytorch" in line for line in _commands(tmp_path)), 120)
    process.send_signal(sign)
    process.wait(30)
    _until(lambda: not _commands(tmp_path))
    assert subprocess.run(command, env=environment, capture_output=True, timeout=300).returncode == 0
    assert [p for p in tmp_path.iterdir() if p.name.startswith(PREFIX)] == []


def _commands(folder: Path) -> list[str]:
    """Command lines of the processes that work in ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and "pytest" not in line.split(str(folder))[0]:
            found.append(line)
    return found
