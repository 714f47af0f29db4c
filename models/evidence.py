"""What the real converter's front end said about the reference graphs: ``front_end.json``.

Made by ``python -m tools.reference_evidence``; that file says how.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ..target import Target


@dataclass(frozen=True)
class FrontEndAnswer:
    """The front end's verdict on one form of one graph."""

    form: str
    """Which form was asked about: the shipped graph, or the same module with GELU as one operator."""
    verdict: str
    operators: tuple[str, ...] = ()
    """Operators it does not know (USOP); it names no other reasons while there are any."""
    reasons: tuple[tuple[str, int], ...] = ()
    """Its reasons (INVOP, INVMOD) with how often each stands in its log, most frequent first."""
    note: str = ""


def front_end(graph: str, target: Target) -> tuple[FrontEndAnswer, ...]:
    """Answers about the graph file called ``graph``; () where ``target``'s converter was not asked."""
    if converter() != target.converter:
        return ()
    return tuple(
        FrontEndAnswer(
            form=row["form"],
            verdict=row["verdict"],
            operators=tuple(row.get("operators", ())),
            reasons=tuple(row.get("reasons", {}).items()),
            note=row.get("note", ""),
        )
        for row in _answers()["graphs"].get(graph, ())
    )


def asked() -> tuple[str, ...]:
    """The graphs the front end was asked about."""
    return tuple(_answers()["graphs"])


@dataclass(frozen=True)
class Converted:
    """The end of the whole road: MCT, export, converter. Bytes are the converter's own; 0 where it gave none."""

    verdict: str
    weights_bytes: int = 0
    runtime_bytes: int = 0
    total_bytes: int = 0
    reasons: tuple[str, ...] = ()


def converted(graph: str, target: Target) -> Converted | None:
    """What became of the module of ``graph`` on the whole road; None where ``target``'s converter was not asked."""
    row = _answers().get("converted", {}).get(graph)
    if row is None or converter() != target.converter:
        return None
    memory = row.get("memory", {})
    sizes = {key: memory.get(key, 0) for key in ("weights_bytes", "runtime_bytes", "total_bytes")}
    return Converted(row["verdict"], **sizes, reasons=tuple(row.get("reasons", ())))


def converter() -> str:
    """The converter that was asked."""
    return str(_answers()["converter"])


@cache
def _answers() -> dict[str, Any]:
    file = resources.files(__package__) / "front_end.json"
    if not file.is_file():
        return {"converter": "", "graphs": {}}
    return json.loads(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
