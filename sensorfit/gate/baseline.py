"""What is known and accepted: findings and figures of a day, against which later runs are compared.

A finding is recognised by its rule, its node and its operator's signature
(operator, reason, shape), never by its place in a list. Exporters renumber
nodes, so matching goes from strict to lenient, each old finding used once:

    same node, same signature     unchanged
    same node, other shape        unchanged (the input was resized)
    other node, same signature    unchanged (the node was renamed)
    no match                      new
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..render.json_text import dumps
from ..report.outcome import Change, Figure, Outcome
from ..report.report import Report
from ..runtime.files import write_text
from ..verify.finding import SEVERITIES, Finding
from .baseline_file import SCHEMA_VERSION, VERDICTS, Entry, read

__all__ = ["FILE", "VERDICTS", "compare", "entry", "figures", "judge", "match", "model_key", "read", "write"]

FILE: Final = "sensorfit-baseline.json"
_UNITS: Final = {"total_bytes": "B", "dsp_ms": "ms", "macs": "", "parameters": ""}


def figures(report: Report) -> dict[str, float]:
    """The figures that must not grow; without those that are lower bounds only, which say nothing about growth."""
    memory = {"total_bytes": report.memory.total_bytes} if report.memory.complete else {}
    latency = {"dsp_ms": round(report.latency.dsp_ms, 4), "macs": report.latency.macs}
    return {**memory, **(latency if report.latency.complete else {}), "parameters": report.model.parameters}


def entry(report: Report) -> dict[str, Any]:
    """What a baseline records of one model; findings sorted, so that the file does not depend on their order."""
    found = [{**_key(f), "severity": f.severity, "message": f.message} for f in report.findings]
    return {
        "sha256": report.model.sha256,
        "profile": report.profile,
        "verdict": report.verdict,
        "figures": figures(report),
        "findings": sorted(found, key=lambda f: json.dumps(f, sort_keys=True)),
    }


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


def compare(then: Entry | None, report: Report) -> Change:
    """What changed since ``then``; a model it did not contain is not known and everything in it new."""
    if then is None:
        return Change(known=False, new=report.findings)
    new, gone = match(list(then["findings"]), report.findings)
    now = figures(report)
    old = {name: then["figures"].get(name, value) for name, value in now.items()}
    return Change(
        known=True,
        new=new,
        gone=tuple(gone),
        figures=tuple(Figure(name, old[name], now[name], _UNITS[name]) for name in now),
        verdict_before=then["verdict"],
    )


def match(
    old: list[dict[str, Any]], now: Iterable[Finding]
) -> tuple[tuple[Finding, ...], list[dict[str, Any]]]:
    """(findings that are new or more severe, recorded findings that are gone)."""
    stages: tuple[Callable[[Mapping[str, Any]], tuple[Any, ...]], ...] = (
        lambda k: (k["rule"], k["node"], k["op"], k["reason"], k["shape"]),
        lambda k: (k["rule"], k["node"], k["op"], k["reason"]),
        lambda k: (k["rule"], k["op"], k["reason"], k["shape"]),
    )
    waiting = list(now)
    order = {id(f): i for i, f in enumerate(waiting)}
    worse: list[Finding] = []
    for stage in stages:
        left: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for record in reversed(old):
            left.setdefault(stage(_complete(record)), []).append(record)
        unmatched: list[Finding] = []
        used: set[int] = set()
        for finding in waiting:
            candidates = left.get(stage(_key(finding)))
            if not candidates:
                unmatched.append(finding)
                continue
            record = candidates.pop()
            used.add(id(record))
            if SEVERITIES.index(finding.severity) > _severity(record):
                worse.append(finding)
        waiting = unmatched
        old = [record for record in old if id(record) not in used]
    return tuple(sorted((*waiting, *worse), key=lambda f: order[id(f)])), old


def judge(outcome: Outcome) -> int:
    """The exit code of a model with a baseline: 1 for what is new or worse, 0 for what was there."""
    change, report = outcome.change, outcome.report
    if change is None or report is None:
        return outcome.exit_code
    if not change.known or change.verdict_before is None:
        return report.exit_code(outcome.fail_on)
    lost = VERDICTS.index(report.verdict) > VERDICTS.index(change.verdict_before)
    return int(lost or bool(change.grown) or any(outcome.fails(f) for f in change.new))


def _key(finding: Finding) -> dict[str, Any]:
    shape = "x".join("?" if d is None else str(d) for d in finding.shape) if finding.shape is not None else ""
    return {
        "rule": finding.rule,
        "node": finding.node,
        "op": finding.op,
        "reason": finding.reason,
        "shape": shape,
    }


def _complete(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: record.get(key, "") for key in ("rule", "node", "op", "reason", "shape")}


def _severity(record: Mapping[str, Any]) -> int:
    return SEVERITIES.index(record["severity"])
