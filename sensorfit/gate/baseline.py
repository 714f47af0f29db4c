"""What is known and accepted: findings and figures of a day, against which later runs are compared (``report.change``)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..report.change import entry
from ..report.json_text import dumps
from ..report.outcome import Outcome
from ..report.report import VERDICTS, Report
from ..runtime.files import write_text
from .baseline_file import SCHEMA_VERSION, read

__all__ = ["FILE", "judge", "model_key", "read", "write"]

FILE: Final = "sensorfit-baseline.json"


def write(path: Path, reports: Sequence[tuple[str, Report]]) -> None:
    """Write the baseline of the models ``(path as named, report)``, whole or not at all."""
    models = {model_key(name, path): entry(report) for name, report in reports}
    version = next((r.version for _, r in reports), "")
    content = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "sensorfit", "version": version},
        "models": models,
    }
    write_text(path, dumps(content, sort_keys=True) + "\n")


def model_key(name: str, baseline: Path) -> str:
    """The model's path relative to the baseline's directory, with slashes; built-in names as they are."""
    if not Path(name).exists():
        return name
    try:
        return Path(os.path.relpath(Path(name).absolute(), baseline.absolute().parent)).as_posix()
    except ValueError:  # another drive
        return Path(name).absolute().as_posix()


def judge(outcome: Outcome) -> int:
    """The exit code of a model with a baseline: 1 for what is new or worse, 0 for what was there."""
    change, report = outcome.change, outcome.report
    if change is None or report is None:
        return outcome.exit_code
    if not change.known or change.verdict_before is None:
        return report.exit_code(outcome.fail_on)
    lost = VERDICTS.index(report.verdict) > VERDICTS.index(change.verdict_before)
    return int(lost or bool(change.grown) or any(outcome.fails(f) for f in change.new))
