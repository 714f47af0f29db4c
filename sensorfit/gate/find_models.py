"""Which models are meant: names, directories and globs into a list of models.

A repository that a stranger changed is searched, so a search follows no link to
a directory, enters each directory once and has a bound on what it looks at.
Links that are named outright are followed.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from pathlib import Path
from typing import Final

from ..errors import ConfigError
from ..runtime.files import shown

SUFFIX: Final = ".onnx"
MAX_ENTRIES: Final = 200_000
"""Files and directories that one search looks at."""
MAX_SECONDS: Final = 30.0
_MAGIC: Final = re.compile(r"[*?[]")
_ANY_DEPTH: Final = "**"


def find_models(patterns: Iterable[str], directory: Path | None = None) -> list[str]:
    """Files, directories (searched for ``*.onnx``), globs (``**`` too) and built-in names, each file once, in order.

    ConfigError for a glob or directory without a model. Relative patterns
    are those of ``directory`` when given (a configuration file's).
    """
    found: dict[str, str] = {}
    search = _Search()
    for pattern in patterns:
        try:
            for name in _named(pattern, directory, search):
                file = os.path.realpath(name)
                if file not in found or (Path(found[file]).is_symlink() and not Path(name).is_symlink()):
                    found[file] = name
        except (OSError, ValueError) as error:  # a name too long, a directory that may not be read
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(f"{shown(pattern)}: cannot be looked for ({reason})") from None
    return list(found.values())


def _named(pattern: str, directory: Path | None, search: _Search) -> list[str]:
    if not pattern.strip():
        raise ConfigError("a model's name is empty; write . for the models of the current directory")
    path = _seen_from(directory, Path(pattern))
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        from ..models.registry import entry_for

        files = sorted(search.matching(path, (_ANY_DEPTH, f"*{SUFFIX}"), pattern))
        if not files and entry_for(pattern):
            return [pattern]
        if not files:
            raise ConfigError(f"{path}: the directory holds no {SUFFIX} file")
        return files
    if mode:
        return [str(path)]
    if _MAGIC.search(pattern):
        parts = Path(pattern).parts
        first = next(i for i, part in enumerate(parts) if _MAGIC.search(part))
        base = _seen_from(directory, Path(*parts[:first]))  # named outright
        files = sorted(search.matching(base, parts[first:], pattern)) if stat.S_ISDIR(_mode(base)) else []
        if not files:
            raise ConfigError(f"{shown(pattern)}: no file matches")
        return files
    return [pattern if Path(pattern).suffix == "" and Path(pattern).name == pattern else str(path)]


def _mode(path: Path) -> int:
    """What ``path`` is, 0 for nothing; OSError for a name that no file can have."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _seen_from(directory: Path | None, path: Path) -> Path:
    """``path`` of ``directory``, relative to the working directory where it lies below it: what a person expects to read."""
    if directory is None:
        return path
    try:
        return (directory / path).absolute().relative_to(Path.cwd())
    except ValueError:
        return directory / path


class _Search:
    """Searches that share one bound."""

    def __init__(self) -> None:
        self.looked_at, self.until = 0, time.monotonic() + MAX_SECONDS

    def matching(self, base: Path, parts: Sequence[str], pattern: str) -> Iterator[str]:
        """Files below ``base`` that ``parts`` describe; hidden ones only where a part begins with a dot."""
        wanted = tuple(None if part == _ANY_DEPTH else re.compile(translate(part)) for part in parts)
        hidden = tuple(part.startswith(".") for part in parts)
        waiting = [(base, frozenset({0}))]
        while waiting:
            folder, states = waiting.pop()
            for entry in self._entries(folder, pattern):
                after = _after(entry.name, states, wanted, hidden)
                if entry.is_dir(follow_symlinks=False):
                    if after:
                        waiting.append((folder / entry.name, after))
                elif len(wanted) in after and _is_file(entry):
                    yield str(folder / entry.name)

    def _entries(self, folder: Path, pattern: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self.looked_at += 1
                    if self.looked_at > MAX_ENTRIES or time.monotonic() > self.until:
                        raise ConfigError(
                            f"{shown(pattern)}: more than {MAX_ENTRIES:,} files or {MAX_SECONDS:g} s to search; "
                            "name a smaller directory"
                        )
                    yield entry
        except PermissionError:
            return


def _after(
    name: str, states: frozenset[int], wanted: Sequence[re.Pattern[str] | None], hidden: Sequence[bool]
) -> frozenset[int]:
    """How many parts of the pattern may lie behind once ``name`` is taken too; as an automaton, so each path is walked once."""
    found: set[int] = set()
    waiting = [*states]
    while waiting:
        state = waiting.pop()
        if state == len(wanted):
            continue
        part = wanted[state]
        dotted = name.startswith(".") and not hidden[state]
        if part is None:
            waiting.append(state + 1)  # ** may stand for no directory
            if not dotted:
                found.add(state)
        elif not dotted and part.match(name):
            found.add(state + 1)
    if wanted[-1] is None and len(wanted) - 1 in found:  # a ** at the end takes files as well
        found.add(len(wanted))
    return frozenset(found)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False
