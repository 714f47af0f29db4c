"""SARIF 2.1.0 (OASIS): for code scanning and editors.

One run; a rule per id with its help, a result per finding with the model file
as its physical and the node as its logical location. SARIF's ``fix`` must name
a change to an artifact; ours is for the model's author to make, so the change
is empty and the description carries it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from ..report.json_text import dumps
from ..report.outcome import Outcome, outcomes, said
from ..report.phrases import figures_of
from ..report.report import Report
from ..target import Target
from ..verify.finding import Finding
from ..version import __version__
from .escape import plain
from .rulebook import help_markdown, help_text, name, text_of

SCHEMA_URI: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
LEVEL: Final = {"error": "error", "warning": "warning", "info": "note"}
PROBLEM_SEVERITY: Final = {"error": "error", "warning": "warning", "info": "recommendation"}
ROOT: Final = "SRCROOT"
FIGURES: Final = frozenset(
    {"verdict", "profile", "target", "converter", "installed", "total_bytes", "tiled_total_bytes", "memory_complete", "macs", "dsp_ms", "latency_complete", "parameters"}
)  # fmt: skip
"""What an artifact's properties hold, besides the budget."""


def render(items: Sequence[Report | Outcome]) -> str:
    """A SARIF log with one run over ``items``."""
    results = outcomes(items)
    found = [(f, o.report.target) for o in results if o.report is not None for f in o.findings]
    samples = {f.rule: (f, target) for f, target in reversed(found)}
    rules = list(dict.fromkeys(f.rule for f, _ in found))
    targets = sorted({o.report.target.name for o in results if o.report})
    run = {
        "tool": {
            "driver": {
                "name": "sensorfit",
                "version": __version__,
                "rules": [_rule(*samples[rule], targets) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(results)],
        "artifacts": [_artifact(o, index) for index, o in enumerate(results)],
        "results": [
            _result(o, f, index, rules.index(f.rule)) for index, o in enumerate(results) for f in o.findings
        ]
        + [
            _gone(o, record, index) for index, o in enumerate(results) if o.change for record in o.change.gone
        ],
    }
    return dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]})


def _rule(sample: Finding, target: Target, targets: Sequence[str]) -> dict[str, Any]:
    rule, text = sample.rule, text_of(sample, target)
    return {
        "id": rule,
        "name": name(rule),
        "shortDescription": {"text": text.title},
        "fullDescription": {"text": text.rationale or text.title},
        "help": {"text": help_text(text), "markdown": help_markdown(rule, text)},
        "defaultConfiguration": {"level": LEVEL[sample.severity]},
        "properties": {
            "tags": [*targets, sample.family or "other"],
            "problem.severity": PROBLEM_SEVERITY[sample.severity],
        },
    }


def _invocation(results: Sequence[Outcome]) -> dict[str, Any]:
    failed = [o for o in results if o.report is None]
    return {
        "executionSuccessful": not failed,
        "exitCode": max((o.exit_code for o in results), default=0),
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": plain(o.error)},
                "locations": [{"physicalLocation": {"artifactLocation": _location(o.path)}}],
            }
            for o in failed
        ],
    }


def _artifact(outcome: Outcome, index: int) -> dict[str, Any]:
    artifact: dict[str, Any] = {"location": _location(outcome.path, index)}
    report = outcome.report
    if report is not None:
        artifact["hashes"] = {"sha-256": report.model.sha256}
        artifact["properties"] = {
            **{name: value for name, value in figures_of(report).items() if name in FIGURES},
            "budget_bytes": report.memory.budget_bytes,
        }
    return artifact


def _result(outcome: Outcome, finding: Finding, artifact: int, rule: int) -> dict[str, Any]:
    message = plain(said(finding))
    if finding.node:
        message = f"{plain(finding.op)} '{plain(finding.node)}': {message}"
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": LEVEL[finding.severity],
        "message": {"text": f"{message} Fix: {plain(finding.fix)}" if finding.fix else message},
        "locations": [_place(outcome.path, artifact, finding.node, finding.op)],
        "partialFingerprints": {"sensorfit/v1": _fingerprint(outcome.path, finding)},
        "properties": {
            "support": finding.support,
            "basis": finding.basis,
            "evidence": plain(finding.evidence),
            "tensor": plain(finding.tensor),
            "shape": list(finding.shape) if finding.shape is not None else None,
            "converterCode": finding.converter_code,
            "fixable": finding.fixable,
            "follows": finding.follows,
        },
    }
    if finding.fix:
        empty = {"deletedRegion": {"byteOffset": 0, "byteLength": 0}}
        change = {"artifactLocation": _location(outcome.path, artifact), "replacements": [empty]}
        result["fixes"] = [{"description": {"text": plain(finding.fix)}, "artifactChanges": [change]}]
    state = outcome.state(finding)
    if state is not None:
        result["baselineState"] = state
    return result


def _gone(outcome: Outcome, record: Mapping[str, Any], artifact: int) -> dict[str, Any]:
    """A finding of the baseline that is no longer there."""
    return {
        "ruleId": str(record.get("rule", "")),
        "level": "none",
        "kind": "pass",
        "baselineState": "absent",
        "message": {"text": plain(record.get("message") or "no longer found")},
        "locations": [_place(outcome.path, artifact, str(record.get("node", "")), str(record.get("op", "")))],
    }


def _place(path: str, artifact: int, node: str, op: str) -> dict[str, Any]:
    # Code scanning shows nothing without a region; a binary file has but the one line.
    physical = {"artifactLocation": _location(path, artifact), "region": {"startLine": 1}}
    place: dict[str, Any] = {"physicalLocation": physical}
    if node:
        name = plain(node)
        place["logicalLocations"] = [
            {"name": name, "fullyQualifiedName": f"{plain(Path(path).name)}/{name}", "kind": "node"}
        ]
        place["logicalLocations"][0]["properties"] = {"operator": plain(op)}
    return place


def _location(path: str, index: int = -1) -> dict[str, Any]:
    """A URI relative to the working directory where the file lies below it."""
    file = Path(path)
    location: dict[str, Any] = {}
    if file.is_absolute():
        try:
            file = file.relative_to(Path.cwd())
        except ValueError:
            location["uri"] = "file://" + quote(plain(file.as_posix()))
    if "uri" not in location:
        location = {"uri": quote(plain(file.as_posix())), "uriBaseId": ROOT}
    if index >= 0:
        location["index"] = index
    return location


def _fingerprint(path: str, finding: Finding) -> str:
    parts = (
        Path(path).as_posix(),
        finding.rule,
        finding.node,
        finding.op,
        finding.reason,
        str(finding.shape),
    )
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
