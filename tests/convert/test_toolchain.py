"""Subprocesses: found or named, logged, ended in time with their children. No converter needed here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sensorfit.convert import toolchain
from sensorfit.errors import ConfigError, MissingDependency, ModelError, ToolchainError
from sensorfit.pipeline.build import build


def test_what_a_tool_prints_is_logged_and_returned(tmp_path: Path) -> None:
    seen: list[str] = []
    code, text = toolchain.run(
        ["/bin/sh", "-c", "echo one; echo two >&2; exit 3"], tmp_path / "log", 30, seen.append
    )
    assert code == 3 and text == "one\ntwo\n" == (tmp_path / "log").read_text() == "".join(seen)


def test_past_the_time_limit_the_tool_and_its_children_are_ended(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    script = f"(sleep 600 & echo $! > {mark}; wait) & wait"
    with pytest.raises(ToolchainError, match="--time-limit"):
        toolchain.run(["/bin/sh", "-c", script], tmp_path / "log", 1)
    pid = int(mark.read_text())
    for _ in range(100):
        if not alive(pid):
            break
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_the_tools_own_temporary_files_go_away(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "touch $TMPDIR/left && echo $TMPDIR"]
    code, text = toolchain.run(command, tmp_path / "log", 30)
    assert code == 0 and not Path(text.strip()).exists()
    assert [p.name for p in tmp_path.iterdir()] == ["log"]


def test_a_tool_works_where_no_path_has_a_blank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The converter splits the name of a file of its own at blanks: a build into "my networks/" ended there."""
    beside = tmp_path / "my networks"
    beside.mkdir()
    _, text = toolchain.run(["/bin/sh", "-c", "echo $TMPDIR; pwd"], beside / "log", 30)
    assert " " not in text and [p.name for p in beside.iterdir()] == ["log"]
    monkeypatch.setattr("tempfile.tempdir", str(beside))
    assert " " not in toolchain.run(["/bin/sh", "-c", "echo $TMPDIR; pwd"], beside / "log", 30)[1]


def test_a_missing_tool_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match=r'pip install "sensorfit\[build\]"'):
        toolchain.need_tool("imxconv-pt")


def test_without_the_extra_a_build_says_what_to_install(tmp_path: Path) -> None:
    """In an interpreter that finds none of the extra's packages."""
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "hidden = {'torch', 'model_compression_toolkit', 'onnxruntime', 'mct_quantizers', 'edgemdt_tpc'}\n"
        "import sensorfit.runtime.extra as extra\n"
        "extra.find_spec = lambda name: None if name in hidden else find(name)\n"
        "sys.argv = ['sensorfit', 'build', 'picosam3', '-o', 'out']\n"
        "from sensorfit.cli import main; main()\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert answer.returncode == 3
    assert 'pip install "sensorfit[build]"' in answer.stderr and "model-compression-toolkit" in answer.stderr
    assert "Traceback" not in answer.stderr and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seed": -1}, "--seed"),
        ({"calib_limit": 0}, "--calib-limit"),
        ({"time_limit": 0.0}, "--time-limit"),
        ({"mean": (0.5, 0.5, 0.5)}, "--mean needs --std"),
        ({"std": (0.5, 0.5, 0.5)}, "--std needs --mean"),
        pytest.param({"size": (96, 100)}, "multiple of 16", marks=pytest.mark.heavy),  # imports torch
    ],
)
def test_an_option_that_cannot_be_used_is_named(
    options: dict[str, object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=says):
        build("picosam3", tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_model_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"unet: there is no such file.*picosam2, picosam3"):
        build("unet", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_build_that_is_terminated_leaves_nothing(tmp_path: Path) -> None:
    code = "from sensorfit.cli import main; main()"
    command = [sys.executable, "-c", code, "build", "picosam3", "-o", str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(tmp_path.iterdir()):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == [] and "Traceback" not in errors
