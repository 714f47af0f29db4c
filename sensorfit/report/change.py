"""What changed between a recorded day and a report: figures, and findings matched one by one.

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
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ..verify.finding import SEVERITIES, Finding
from .outcome import Change, Figure
from .report import Report

Entry = Mapping[str, Any]
"""What is recorded of one model."""
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
        "converter": report.target.converter,
        "verdict": report.verdict,
        "figures": figures(report),
        "findings": sorted(found, key=lambda f: json.dumps(f, sort_keys=True)),
    }


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
