"""Where no child is forked, with a stream closed, a disk full, or killed: the answer stays or one sentence says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sensorfit.runtime import worker
from tests.cli.networks import net

ELSEWHERE = """
import multiprocessing, sys
from sensorfit import cli
from sensorfit.runtime import worker
if __name__ == "__main__":
    worker.AVAILABLE = False
    multiprocessing.set_start_method("spawn")
    cli.main()
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_where_no_child_is_forked_the_answers_are_the_same(jobs: str, tmp_path: Path) -> None:
    for name, op in (("a", "Conv"), ("b", "ConvTranspose"), ("c", "Elu")):
        net(tmp_path / f"{name}.onnx", op)
    (tmp_path / "d.onnx").write_bytes(b"nothing")
    script = tmp_path / "elsewhere.py"
    script.write_text(ELSEWHERE)
    asked = ["check", "a.onnx", "b.onnx", "c.onnx", "d.onnx", "-j", jobs, "--format", "markdown"]
    here, there = (
        subprocess.run([sys.executable, *how, *asked], cwd=tmp_path, capture_output=True, text=True)
        for how in (("-m", "sensorfit"), (str(script),))
    )
    assert here.returncode == 2 and "c.onnx" in here.stdout and "d.onnx" in here.stderr
    assert (there.returncode, there.stdout, there.stderr) == (here.returncode, here.stdout, here.stderr)


def _sensorfit(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """``script`` in a shell, S being the command."""
    env = {**os.environ, "S": f"{sys.executable} -m sensorfit"}
    return subprocess.run(["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams as a POSIX shell does")
@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">&- <&- 2>&-"])
def test_a_closed_stream_changes_neither_the_answer_nor_the_files(closed: str, tmp_path: Path) -> None:
    done = _sensorfit(tmp_path, f"$S check picosam3 --output out.json {closed}")
    assert done.returncode == 0 and "error" not in done.stderr
    assert json.loads((tmp_path / "out.json").read_text())["verdict"] == "fits"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "command", ["check picosam3", "explain picosam2", "rules", "check picosam3 --format json"]
)
def test_a_full_disk_is_one_sentence(command: str, tmp_path: Path) -> None:
    done = _sensorfit(tmp_path, f"$S {command} > /dev/full")
    assert done.returncode == 3
    assert done.stderr == (
        "sensorfit: cannot write the output (No space left on device): make room or write elsewhere\n"
    )


@pytest.mark.skipif(not worker.AVAILABLE, reason="children are forked on Linux only")
@pytest.mark.parametrize("signal", ["TERM", "HUP", "KILL"])
def test_nothing_outlives_a_killed_command(signal: str, tmp_path: Path) -> None:
    done = _sensorfit(
        tmp_path,
        f"exec 3>&1; $S check sam-vit-h sam-vit-b -j 2 > /dev/null 3>&- & sleep 0.4; kill -{signal} $!; wait $!; "
        "left() { pgrep -f '[s]ensorfit check sam-vit-h sam-vit-b -j 2'; }; "  # the shell that asks is no match of it
        "for i in $(seq 25); do sleep 0.2; left > /dev/null || break; done; left; true",  # a loaded machine needs its time
    )
    assert done.stdout == ""
