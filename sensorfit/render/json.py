"""The report of one model as a JSON object; of several, one object around theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..report.json_text import dumps
from ..report.outcome import Outcome
from ..report.serialise import SCHEMA_VERSION, finding_to_dict, to_dict
from ..version import __version__


def render_outcomes(outcomes: Sequence[Outcome], plan: bool = False) -> str:
    """One object for one model; for several, an object whose ``models`` are those.

    What the gate made of a model is its ``gate``; models that cannot be checked are ``errors``.
    """
    objects = [{**to_dict(o.report, plan), "gate": _gate(o)} for o in outcomes if o.report is not None]
    if len(objects) == len(outcomes) == 1:
        return dumps(objects[0])
    verdicts = [o.report.verdict for o in outcomes if o.report is not None]
    summary = {
        **{verdict: verdicts.count(verdict) for verdict in ("fits", "does_not_fit", "unknown")},
        "errors": len(outcomes) - len(objects),
        "exit_code": max((o.exit_code for o in outcomes), default=0),
    }
    errors = [
        {"path": o.path, "message": o.error, "exit_code": o.exit_code} for o in outcomes if o.report is None
    ]
    tool = {"name": "sensorfit", "version": __version__}
    whole = {
        "schema_version": SCHEMA_VERSION,
        "tool": tool,
        "models": objects,
        "errors": errors,
        "summary": summary,
    }
    return dumps(whole)


def _gate(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {
        "exit_code": outcome.exit_code,
        "fail_on": outcome.fail_on,
        "reason": outcome.reason,
    }
    change = outcome.change
    if change is not None:
        found["baseline"] = {
            "known": change.known,
            "verdict": change.verdict_before,
            "new": [finding_to_dict(f) for f in change.new],
            "gone": [dict(record) for record in change.gone],
            "worse": [asdict(f) for f in change.grown],
            "better": [asdict(f) for f in change.shrunk],
        }
    return found
