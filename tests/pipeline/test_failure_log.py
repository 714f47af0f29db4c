"""A build that fails leaves one log beside the directory it did not make, whatever the tools printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensorfit.errors import MissingDependency, ModelError, Refused, SensorfitError, ToolchainError
from sensorfit.pipeline import build as module
from sensorfit.pipeline import failure_log


@pytest.fixture
def fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``fails(error, printed)``: a build of out/ that ends in ``error`` after a tool has printed; the error as it comes out."""

    def call(error: Exception, printed: str | None) -> Exception:
        def work(request: Any, out: Path, scratch: Path, stages: Any, page: Any) -> None:
            with stages.stage("read the network"):
                pass
            if printed is not None:
                (out / module.QUANTIZE_LOG).write_text(printed)
            with stages.stage("quantize to INT8"):
                raise error

        monkeypatch.setattr(module, "_build", work)
        with pytest.raises(type(error)) as raised:
            module.build("picosam3", tmp_path / "out")
        assert not (tmp_path / "out").exists()
        return raised.value

    return call


@pytest.mark.parametrize("printed", [None, "", "MCT says a lot\n"])
@pytest.mark.parametrize(
    "error", [ToolchainError("MCT failed"), Refused("does not fit"), ZeroDivisionError("deep inside")]
)
def test_the_log_is_there_whether_or_not_a_tool_printed(
    fails: Any, tmp_path: Path, error: Exception, printed: str | None
) -> None:
    raised = fails(error, printed)
    text = (tmp_path / "out.log").read_text()
    assert text.startswith(failure_log.HEADER)
    assert "read the network" in text and "quantize to INT8" not in text.split("failed: ")[0]
    assert f"failed: {error}" in text and (printed or "printed nothing") in text and "Traceback" in text
    if isinstance(error, SensorfitError):
        assert str(tmp_path / "out.log") in str(raised)


@pytest.mark.parametrize("error", [ModelError("m.onnx: is empty"), MissingDependency("no MCT")])
def test_what_ends_before_a_tool_has_run_leaves_nothing(fails: Any, tmp_path: Path, error: Exception) -> None:
    fails(error, None)
    assert [*tmp_path.iterdir()] == []


def test_a_log_of_somebody_elses_and_a_link_are_left_alone(fails: Any, tmp_path: Path) -> None:
    (tmp_path / "out.log").write_text("mine")
    assert "out.sensorfit.log" in str(fails(ToolchainError("x"), None))
    assert (tmp_path / "out.log").read_text() == "mine"
    (tmp_path / "victim").write_text(failure_log.HEADER)
    (tmp_path / "out.log").unlink()
    (tmp_path / "out.log").symlink_to("victim")
    fails(ToolchainError("x"), None)
    assert (tmp_path / "victim").read_text() == failure_log.HEADER


def test_a_second_failure_replaces_the_log_and_a_success_removes_it(fails: Any, tmp_path: Path) -> None:
    fails(ToolchainError("first"), None)
    fails(ToolchainError("second"), None)
    assert "first" not in (tmp_path / "out.log").read_text()
    failure_log.remove(tmp_path / "out")
    assert [*tmp_path.iterdir()] == []
