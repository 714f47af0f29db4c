"""Sony's tools as subprocesses: found, checked, run under a time limit, their output kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import MissingDependency, OutOfTime, ToolchainError
from ..runtime import supervise
from ..runtime.extra import install
from ..runtime.scratch import scratch_directory
from .java import deeper_stack, java_version
from .messages import Complaint, ConverterMemory, read_log, read_memory_report

CONVERTER = "imxconv-pt"
FRONT_END = "uni-pytorch"
PACKAGER = "imx500-package"
TIME_LIMIT_S = 1800
GRACE_S = 5
"""For the supervisor to end a tool, which takes it ``supervise.GRACE_S`` at most."""

MARKS: Mapping[str, str] = {
    "Converting ": "reading the graph",
    "Starting SDSPconv": "laying out memory",
    "ConvFe conversion finished": "generating code",
    "DspConvParser finished": "packing the network",
    "packer zip successfully": "writing packerOut.zip",
}
"""What the converter's log lines announce."""


@dataclass(frozen=True)
class Conversion:
    """A converter run that ended by itself. ``complaint`` is None when it succeeded."""

    complaint: Complaint | None
    memory: ConverterMemory | None
    directory: Path


def tool(name: str) -> Path | None:
    """The command ``name``: beside the running Python first, then on PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(name)
    return Path(found) if found else None


def need_tool(name: str) -> Path:
    """As ``tool``; MissingDependency with the command that installs it."""
    found = tool(name)
    if found is None:
        raise MissingDependency(f"{name} of imx500-converter is not installed: {install()}")
    return found


def convert(
    model: Path,
    out: Path,
    log: Path,
    *,
    input_persistency: bool = True,
    report_only: bool = False,
    time_limit: float = TIME_LIMIT_S,
    on_step: Callable[[str], None] = lambda step: None,
) -> Conversion:
    """Run ``imxconv-pt`` on the MCT-quantized ``model``; its output is appended to ``log``.

    ``report_only`` stops after the memory report. Raises MissingDependency
    without the converter or Java, OutOfTime past ``time_limit`` seconds.
    """
    command: list[str | Path] = [
        need_tool(CONVERTER),
        "-i",
        model,
        "-o",
        out,
        "--overwrite-output",
        "--report-size-unit",
        "B",
        "--model-insight",  # its own schedule, which convert.insight reads; the package is the same
    ]
    command.append("--input-persistency" if input_persistency else "--no-input-persistency")
    if report_only:
        command.append("--memory-report")
    java_version()

    def on_line(line: str) -> None:
        for mark, step in MARKS.items():
            if mark in line:
                on_step(step)

    code, text = run(command, log, time_limit, on_line)
    reports = sorted(out.glob("*_MemoryReport.json"))
    memory = read_memory_report(reports[0]) if reports else None
    complete = memory is not None and (report_only or (out / "packerOut.zip").is_file())
    if code == 0 and complete and memory is not None and memory.fits:
        return Conversion(None, memory, out)
    complaint = read_log(text)
    if memory is not None and not memory.fits and complaint.code in ("", "ISM"):
        need = f"it needs {memory.total_bytes:,} B, the chip has {memory.available_bytes:,} B"
        complaint = Complaint("ISM", reasons=(need,))
    return Conversion(complaint, memory, out)


def run(
    command: Sequence[str | Path],
    log: Path,
    time_limit: float,
    on_line: Callable[[str], None] = lambda line: None,
) -> tuple[int, str]:
    """Run ``command``, copy what it prints to ``log``; its exit code and that text.

    It and all it starts end when the time is up and when this process ends, however that comes (``runtime.supervise``).
    It runs in a directory of its own, from where Python would import modules: the caller's may be a stranger's. That is TMPDIR,
    too, where the tools leave files when they fail; not beside ``log``: the converter splits the path at a blank.
    """
    with scratch_directory("tool") as scratch:
        return _run(command, log, time_limit, on_line, scratch)


def _run(
    command: Sequence[str | Path], log: Path, time_limit: float, on_line: Callable[[str], None], scratch: Path
) -> tuple[int, str]:
    launchers = scratch / "bin"
    launchers.mkdir()
    deeper_stack(launchers)
    path = (launchers, Path(command[0]).absolute().parent, os.environ.get("PATH", ""))
    environment = {
        **os.environ,
        "TMPDIR": str(scratch),
        "PATH": os.pathsep.join(map(str, path)),
        "PYTHONSAFEPATH": "1",
    }
    lines: list[str] = []
    lifeline, hold = os.pipe()
    supervised = [sys.executable, "-I", "-S", supervise.__file__, str(lifeline)]
    try:
        process = subprocess.Popen(
            [*supervised, *(str(part.absolute() if isinstance(part, Path) else part) for part in command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=scratch,
            env=environment,
            pass_fds=(lifeline,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(hold)
        raise ToolchainError(f"{command[0]} cannot be started ({error.strerror or error})") from error
    finally:
        os.close(lifeline)
    late = threading.Event()
    ending = threading.Lock()

    def end() -> None:
        nonlocal hold
        with ending:
            if hold >= 0:
                os.close(hold)
                hold = -1
        _end(process)

    def stop() -> None:
        late.set()
        end()

    timer = threading.Timer(time_limit, stop)
    timer.daemon = True
    timer.start()
    try:
        assert process.stdout is not None
        with log.open("a", encoding="utf-8") as file:
            for line in process.stdout:
                file.write(line)
                file.flush()
                lines.append(line)
                on_line(line)
        code = process.wait()
    finally:
        timer.cancel()
        end()
    if late.is_set():
        raise OutOfTime(
            f"{Path(command[0]).name} did not finish within {time_limit:g} s: give it more with --time-limit"
        )
    if code == supervise.NOT_STARTED:
        raise ToolchainError("".join(lines).strip())
    return code, "".join(lines)


def _end(process: subprocess.Popen[str]) -> None:
    """Wait for the supervisor, which ends what it started; a supervisor that hangs is ended with its group."""
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
