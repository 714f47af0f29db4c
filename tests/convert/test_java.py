"""The Java that the converter is given: found or named, and deep enough. No converter needed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.convert import java, toolchain
from sensorfit.errors import MissingDependency


def test_without_java_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match="apt install openjdk-17-jre-headless"):
        java.java_version()


def test_an_old_java_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(MissingDependency, match=r"needs Java 17, .* is 11\.0\.2"):
        java.java_version()


def test_the_tools_java_gets_a_deeper_stack_than_they_ask_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever is asked, beside the tool or on PATH; all else reaches Java as it was written."""
    beside = tmp_path / "a b"
    beside.mkdir()
    fake = beside / "java"
    fake.write_text("#!/bin/sh\nprintf '<%s>' \"$@\"\n")
    fake.chmod(0o755)
    tool = beside / "tool"
    tool.write_text("#!/bin/sh\nexec java -Xmx1g -Xss32m -cp 'a b:c' Main '*' \"it's\"\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{beside}:/bin:/usr/bin")
    _, text = toolchain.run([tool], tmp_path / "log", 30)
    assert text == f"<-Xmx1g><-Xss{java.STACK}><-cp><a b:c><Main><*><it's>"


def test_a_tool_runs_without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(java.shutil, "which", lambda name: None)
    assert toolchain.run(["/bin/sh", "-c", "echo here"], tmp_path / "log", 30) == (0, "here\n")
