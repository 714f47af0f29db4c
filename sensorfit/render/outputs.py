"""Which format goes where.

    --format sarif                          SARIF on standard output
    --format sarif --output out.sarif       SARIF in the file
    --output out.sarif --output report.md   each file in the format of its name, console on standard output
    --output junit=report.txt               the format said outright

A name that stands for a format decides; any other takes the first ``--format``
left. What then remains of the formats goes to standard output.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import ConfigError
from ..runtime.files import shown as short

FORMATS: Final = ("console", "json", "sarif", "junit", "markdown", "github", "html")
LINES: Final = frozenset({"console", "github", "markdown"})
"""Formats that may follow one another on standard output; the others are one document."""
SUFFIXES: Final = {
    ".sarif": "sarif", ".json": "json", ".xml": "junit", ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html",
}  # fmt: skip


@dataclass(frozen=True)
class OutputPlan:
    """Formats for standard output, and (format, file) pairs."""

    shown: tuple[str, ...]
    written: tuple[tuple[str, Path], ...]


def output_plan(formats: Sequence[str], outputs: Sequence[str]) -> OutputPlan:
    """Pair ``--format`` and ``--output`` values; ConfigError when they do not go together."""
    left = list(dict.fromkeys(formats))
    written: list[tuple[str, Path]] = []
    unnamed: list[int] = []
    for output in outputs:
        format_, given, name = output.partition("=")
        file = Path(name if given and format_ in FORMATS else output)
        if given and format_.isalpha() and format_ not in FORMATS:
            raise ConfigError(
                f"--output {short(output)}: there is no format '{format_}'; choose from {', '.join(FORMATS)}"
            )
        if not (given and format_ in FORMATS):
            format_ = _suggested(file, left)
        if format_ in left:
            left.remove(format_)
        elif not format_:
            unnamed.append(len(written))
        written.append((format_, file))
    for (
        index
    ) in unnamed:  # after the named ones: `--format console --format sarif --output a --output b.sarif`
        file = written[index][1]
        if not left and file.suffix != ".txt":
            raise ConfigError(
                f"--output {short(file)}: which format? write --output FORMAT={short(file)} ({', '.join(FORMATS)})"
            )
        written[index] = (left.pop(0) if left else "console", file)
    shown = tuple(left) if formats else ("console",)
    if len(shown) > 1 and not LINES.issuperset(shown):
        raise ConfigError(
            f"only one of {', '.join(shown)} can go to standard output; give the others an --output"
        )
    files = [file for _, file in written]
    places = [os.path.abspath(f) for f in files]  # noqa: PTH100
    twice = {str(f) for f, place in zip(files, places, strict=True) if places.count(place) > 1}
    if twice:
        raise ConfigError(f"--output {short(', '.join(sorted(twice)))} is given twice")
    return OutputPlan(shown, tuple(written))


def form_of(asked: str | None, output: str | None, offered: Sequence[str]) -> str:
    """The one format of a command: the one asked for, that of the file's name, or the console's.

    ConfigError where the name stands for a format that is not ``offered``.
    """
    if asked or not output:
        return asked or "console"
    suffix = Path(output).suffix[1:].lower()
    found = _suggested(Path(output), ()) or (suffix if suffix in offered else "")
    if found and found not in offered:
        raise ConfigError(f"--output {short(output)}: {found} is not among {', '.join(offered)}")
    if not found and suffix not in ("", "txt", "log"):
        raise ConfigError(
            f"--output {short(output)}: which format? write --format with it ({', '.join(offered)})"
        )
    return found or "console"


def _suggested(file: Path, wanted: Sequence[str]) -> str:
    """The format that a file's name stands for, "" when it may be any."""
    name = file.name.lower()
    if name.endswith(".sarif.json") or (
        name.endswith(".json") and "sarif" in wanted and "json" not in wanted
    ):
        return "sarif"
    return SUFFIXES.get(file.suffix.lower(), "")
