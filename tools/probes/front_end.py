"""Ask the converter's front end about many float graphs, quickly.

``uni-pytorch`` spends seconds a call on imports. Here its console entry point runs once in
this process to load everything, then once a graph in a forked child: about 0.05 s each. Only what it
prints and its exit code are read. It judges graphs whose producer is "pytorch", so a copy
that says so is handed over.

    python -m tools.probes.front_end GRAPH.onnx...      prints one JSON object
    python -m tools.probes.front_end ARCHIVE.zip OUT    writes what it printed and its exit code, by graph

The second form needs only onnx beside the converter: the interpreter of another converter's environment runs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import zipfile
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import onnx

from .graphs import Net

TIMEOUT_S = 300


class FrontEnd:
    """The front end, loaded once; ``judge`` asks it about one graph."""

    def __init__(self) -> None:
        (entry,) = entry_points(group="console_scripts", name="uni-pytorch")
        self._main = entry.load()
        with tempfile.TemporaryDirectory() as tmp:  # so that the forked children find everything imported
            graph = Path(tmp) / "model.onnx"
            onnx.save(Net().tail("input", 3), graph)
            sys.argv = ["uni-pytorch", "-i", str(graph), "-o", tmp, "--logger-level", "off"]
            with contextlib.suppress(SystemExit):
                self._main()

    def _run(self, graph: Path, out: Path, log: Path) -> int:
        pid = os.fork()
        if pid == 0:
            fd = os.open(log, os.O_CREAT | os.O_WRONLY)
            os.dup2(fd, 1)
            os.dup2(fd, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
            sys.argv = ["uni-pytorch", "-i", str(graph), "-o", str(out)]
            code = 1
            try:
                signal.alarm(TIMEOUT_S)
                code = int(self._main() or 0)
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
            finally:
                sys.stdout.flush()
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def judge(self, model: onnx.ModelProto, log_to: Path | None = None) -> dict[str, Any]:
        """Verdict, operators (USOP) and reasons (INVOP, INVMOD) for ``model``."""
        status, text = self.said(model)
        if log_to:
            log_to.write_text(text)
        return read(status, text)

    def said(self, model: onnx.ModelProto) -> tuple[int, str]:
        """Exit code and everything it printed about ``model``."""
        with tempfile.TemporaryDirectory() as tmp:
            graph, log = Path(tmp) / "model.onnx", Path(tmp) / "log"
            copy = onnx.ModelProto()
            copy.CopyFrom(model)
            copy.producer_name, copy.producer_version = "pytorch", "2.6.0"
            onnx.save(copy, graph)
            status = self._run(graph, Path(tmp), log)
            text = log.read_text(errors="replace")
        if status == -signal.SIGALRM:
            raise TimeoutError(f"the front end took more than {TIMEOUT_S} s")
        return status, text


@cache
def _verdicts() -> dict[str, str]:
    from sensorfit.api import load_target
    from sensorfit.target import read_facts

    found: dict[str, str] = read_facts("converter", load_target())["front_end_exit_codes"]
    return found


def read(status: int, text: str) -> dict[str, Any]:
    """What ``FrontEnd.said``, as an answer."""
    ops = re.search(r"unsupported ops: ([^\[\n]+)", text)
    body = text.rpartition("CODE: [")[2]
    pattern = r"((?:Param|Input|Output|Node|Model|Incorrect)[^\n]*?reason: [^\n]+)"
    reasons = [re.sub(r"\s*\[/\S+\]", "", r.strip()) for r in re.findall(pattern, body)]
    where = re.findall(r"op: ([\w.]+), id: ([^,\s]+),", body)
    answer: dict[str, Any] = {"verdict": _verdicts().get(str(status), "execution_error")}
    if ops:
        answer["operators"] = sorted(o.strip() for o in ops.group(1).split(","))
    if reasons:
        answer["reasons"] = reasons
    elif where:
        answer["where"] = [op for op, _ in where]
    elif status == 4:
        answer["reasons"] = [
            re.sub(r"\s*\[/\S+\]", "", line).strip() for line in body.splitlines()[:3] if line.strip()
        ]
    return answer


def main() -> None:
    if sys.argv[1].endswith(".zip"):
        archive, out = sys.argv[1:]
        front_end = FrontEnd()
        with zipfile.ZipFile(archive) as file:
            graphs = {Path(name).stem: file.read(name) for name in file.namelist()}
        answers = {name: front_end.said(onnx.load_model_from_string(g)) for name, g in graphs.items()}
        Path(out).write_text(json.dumps(answers))
        return
    graphs, front_end = sys.argv[1:], FrontEnd()  # which sets sys.argv
    print(json.dumps({Path(p).name: front_end.judge(onnx.load(p)) for p in graphs}, indent=1))


if __name__ == "__main__":
    main()
