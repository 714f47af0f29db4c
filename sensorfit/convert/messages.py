"""What the converter says, read: its log lines and its memory report.

Codes stand in ``rules/<target>/converter.toml`` with their meaning.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import ToolchainError
from ..target import Target, read_facts

_CODE = re.compile(r"ERROR ?: CODE: \[(\w+)\]")
_UNSUPPORTED = re.compile(r"unsupported ops: ([^\[\n]+)")
_REASON = re.compile(r"((?:Param|Input|Output|Node|Model|Incorrect)[^\n]*?reason: [^\n]+)")
_WHERE = re.compile(r"op: ([\w.]+), id: ([^,\s]+),")
_MEMORY = re.compile(r"Not enough memory, available: [^\n]*?required: ?[\d.]+ ?\w+")
_NAMED_ERROR = re.compile(r"\b\w*(?:Error|Exception): \S")
"""As Java and Python end with one: ``java.lang.OutOfMemoryError: Java heap space``."""
_PLACE = re.compile(r"\[\w+:\d+\]")
"""In the converter's own source, which stands before some texts, and alone where the text is on the next line."""
_SOURCE_LINE = re.compile(r"\s*\[(?:/\S+)?(?::\d+)?\]\s*$")
_BYTES = re.compile(r"(\d+) ?B")


@dataclass(frozen=True)
class Complaint:
    """What a log complains of. ``code`` is "" where none was given."""

    code: str
    operators: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    """Operators in invalid form, each with its node."""
    nodes: tuple[str, ...] = ()
    """The names of these nodes, each once."""

    def refused(self, target: Target) -> bool:
        """Whether this is the no of ``target``'s converter, not its failure."""
        return bool(self._meaning(target).get("answer") == "refused")

    def sentence(self, target: Target) -> str:
        """What happened and what to do, as one sentence."""
        facts = self._meaning(target)
        said = (text.rstrip(" :") for text in (*self.operators, *dict.fromkeys(self.reasons)))
        details = "; ".join(said) or "no reason given"
        if not facts:
            return f"the converter stopped ({self.code or 'no code'}): {details}"
        return f"{facts['sentence'].format(details=details)}; {facts['fix']}"

    def _meaning(self, target: Target) -> dict[str, str]:
        found: dict[str, str] = read_facts("converter", target)["codes"].get(self.code, {})
        return found


def read_log(text: str) -> Complaint:
    """The first complaint in a log: later ones are its consequences."""
    memory = _MEMORY.search(text)
    if memory:
        return Complaint("ISM", reasons=(memory.group(0),))
    code = _CODE.search(text)
    body = text[code.start() :] if code else text
    unsupported = _UNSUPPORTED.search(body)
    operators = tuple(sorted(o.strip() for o in unsupported.group(1).split(","))) if unsupported else ()
    reasons = tuple(dict.fromkeys(_bare(r) for r in _REASON.findall(body)))
    if not reasons and not operators:
        reasons = _plain_message(body, bool(code))
    return Complaint(
        code.group(1) if code else "",
        operators,
        reasons,
        tuple(f"{op} '{node}'" for op, node in _WHERE.findall(body)),
        tuple(dict.fromkeys(node for _, node in _WHERE.findall(body))),
    )


def _plain_message(body: str, has_code: bool) -> tuple[str, ...]:
    """The first text behind the code; without a code the last line that names an error, else the log's last."""
    lines = [_bare(line) for line in body.splitlines() if line.strip()]
    if has_code:
        texts = (_PLACE.sub("", _CODE.split(line)[-1]).strip() for line in lines)
        return tuple(islice(filter(None, texts), 1))
    return tuple(([line for line in lines if _NAMED_ERROR.search(line)] or lines)[-1:])


def _bare(line: str) -> str:
    return _SOURCE_LINE.sub("", line).strip()


@dataclass(frozen=True)
class ConverterMemory:
    """The converter's memory report in bytes; ``runtime_bytes`` leaves the input persistence out."""

    weights_bytes: int
    runtime_bytes: int
    input_persistence_bytes: int
    reserved_bytes: int
    total_bytes: int
    available_bytes: int
    fits: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def read_memory_report(path: Path) -> ConverterMemory:
    """``*_MemoryReport.json`` written with ``--report-size-unit B``."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))["Memory Report"]
        persistence = sum(_bytes(n["Input Persistence Cost"]) for n in report["Networks"])
        return ConverterMemory(
            weights_bytes=_bytes(report["Model Memory Physical Size"]),
            runtime_bytes=_bytes(report["Runtime Memory Physical Size"]) - persistence,
            input_persistence_bytes=persistence,
            reserved_bytes=_bytes(report["Reserved Memory"]),
            total_bytes=_bytes(report["Memory Usage"]),
            available_bytes=_bytes(report["Total Memory Available On Chip"]),
            fits=bool(report["Fit In Chip"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolchainError(
            f"{path.name}: the converter's memory report is not in the form known ({type(error).__name__}: {error})"
        ) from error


def _bytes(text: str) -> int:
    match = _BYTES.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a number of bytes")
    return int(match.group(1))
