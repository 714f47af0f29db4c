"""A rule's docstring taken apart, with the target's numbers in it.

A docstring names a number of the device by its place in the facts and never
writes it out: ``${target.memory.budget_bytes:,}`` is ``budget_bytes`` of
``[memory]`` in ``rules/<target>/target.toml`` with thousands separated. A step
of the path is a key, or the index of a list. What follows the colon is a
format specification as of ``format``.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, Final, NamedTuple

from ..target import Target, read_facts


class Text(NamedTuple):
    """What a rule says of itself, in plain text; examples are ONNX in its text form, or commands."""

    title: str
    rationale: str
    fails: str
    passes: str
    fix: str


_PARTS: Final = re.compile(r"^(Fails|Passes|Fix):[ \t]*", re.MULTILINE)
_FACT: Final = re.compile(r"\$\{([\w.]+)(?::([^}]*))?\}")


def parse(docstring: str) -> Text:
    """Title, rationale, examples and fix of a rule's docstring."""
    title, _, rest = inspect.cleandoc(docstring).partition("\n")
    pieces = _PARTS.split(rest)
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return Text(
        title=title.strip().rstrip("."),
        rationale=pieces[0].strip(),
        fails=inspect.cleandoc("\n" + parts.get("Fails", "")),
        passes=inspect.cleandoc("\n" + parts.get("Passes", "")),
        fix=" ".join(parts.get("Fix", "").split()),
    )


def fill(docstring: str, target: Target) -> str:
    """``docstring`` with the facts of ``target`` in place of their paths; KeyError names a path that leads nowhere."""
    return _FACT.sub(lambda match: _shown(fact(match[1], target), match[2] or ""), docstring)


def fact(path: str, target: Target) -> Any:
    """The fact at ``path``: the table's file, then a key or an index for each step."""
    name, *steps = path.split(".")
    found: Any = read_facts(name, target)
    for step in steps:
        try:
            found = found[int(step)] if isinstance(found, (list, tuple)) else found[step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise KeyError(f"${{{path}}}: rules/{target.name}/{name}.toml has no '{step}' there") from None
    return found


def _shown(value: Any, form: str) -> str:
    """``value`` as prose has it: a list with "and" before its last."""
    if isinstance(value, (list, tuple)):
        *first, last = (format(v, form) for v in value)
        return f"{', '.join(first)} and {last}" if first else last
    return format(value, form)
