"""Every command reads a stranger's model behind the same door: what crashes, hangs or swells is one sentence and exit 2."""

from __future__ import annotations

import copyreg
import faulthandler
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import tblib.pickling_support
from onnx import TensorProto, helper

from sensorfit import cli
from sensorfit.errors import ConfigError, ModelError
from sensorfit.graph import limits
from sensorfit.runtime import worker
from sensorfit.runtime.isolated import isolated, isolated_each

pytestmark = pytest.mark.skipif(not worker.AVAILABLE, reason="children are forked on Linux only")
COMMANDS = (["check"], ["check", "--memory"], ["explain"], ["compare"], ["compare", "picosam3"], ["diff", "picosam3"], ["build"])  # fmt: skip


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """``sensorfit ARGUMENTS`` beside a small model m.onnx: (exit code, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, 8, 8]) for n in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"], name="n")], "g", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "m.onnx")

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["sensorfit", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return int(stop.value.code or 0), capfd.readouterr().err

    return call


def _crash(*_: object) -> None:
    faulthandler.disable()  # pytest's, which would print the stack of this test
    os.kill(os.getpid(), signal.SIGSEGV)


def _swell(*_: object) -> None:
    bytearray(2 * worker.MAX_MEMORY_BYTES)


def _nest(*_: object) -> None:
    _nest()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("fault", "said"), [(_crash, "SIGSEGV"), (_swell, "memory"), (_nest, "nesting")])
def test_a_model_that_ends_its_reader_is_one_sentence(
    run: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    fault: Callable[..., None],
    said: str,
) -> None:
    real = limits.read_model
    monkeypatch.setattr(limits, "read_model", lambda path: fault() if "m.onnx" in str(path) else real(path))
    code, error = run(*command, "m.onnx")
    assert code == 2 and said in error and "m.onnx" in error, error
    assert error.count("\n") == 1 and error.startswith("sensorfit: ")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "name", ["fn_recursion_in_if", "fn_expansion_in_if", "sparse_value_negative", "sparse_value_overflow"]
)
def test_every_command_refuses_what_check_refuses(
    run: Callable[..., tuple[int, str]], root: Path, command: list[str], name: str
) -> None:
    code, error = run(*command, str(root / "tests" / "data" / "fuzz" / f"{name}.onnx"))
    assert code == 2 and error.count("\n") == 1 and f"{name}.onnx" in error


def test_a_child_stops_at_its_deadline_and_is_killed_where_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"m\.onnx: checking takes longer than 0\.2 s"):
        isolated("m.onnx", lambda: time.sleep(60), 0.2)
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.0)

    def deaf() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(60)

    with pytest.raises(ModelError, match=r"m\.onnx: cannot be checked: checking takes longer than 0\.2 s"):
        isolated("m.onnx", deaf, 0.2)


def test_answers_and_errors_come_back_as_they_are_and_one_child_serves_all() -> None:
    assert isolated("m", lambda: {"a": (1, None)}) == {"a": (1, None)}
    pids = [*isolated_each(["a", "b", "c"], lambda _: os.getpid())]
    assert len({*pids}) == 1 and pids[0] != os.getpid()

    def refuse() -> None:
        raise ConfigError("no such thing")

    with pytest.raises(ConfigError, match="no such thing"):
        isolated("m", refuse)


def test_nesting_is_bounded_where_the_program_around_it_has_lifted_the_bound(
    run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "read_model", _nest)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**8)
    try:
        code, error = run("explain", "m.onnx")
    finally:
        sys.setrecursionlimit(before)
    assert code == 2 and "nesting" in error, error


def test_nesting_is_one_sentence_where_pickle_has_learnt_to_write_tracebacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(
        copyreg.dispatch_table, ModelError, tblib.pickling_support.pickle_exception
    )  # as Dask's workers do
    with pytest.raises(ModelError, match=r"m\.onnx: needs too much nesting"):
        isolated("m.onnx", _nest)
