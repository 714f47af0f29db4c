"""Looks at this machine: nothing heavy is imported, nothing is changed."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from ..convert.installed import installed_version
from ..convert.java import JAVA_INSTALL, JAVA_NEEDED, java_version
from ..convert.toolchain import CONVERTER, PACKAGER, tool
from ..errors import MissingDependency
from ..runtime.extra import NEWEST_PYTHON, install
from ..runtime.onnx_version import MEND, complaint
from ..runtime.scratch import PREFIX, abandoned, place
from ..target import Target, converter_versions
from .model import Check, Diagnosis

OLDEST_PYTHON: Final = (3, 10)
GIB: Final = 2**30
DISK_GIB: Final = 2
"""Free space below which a build may end half-way: float and INT8 graph, the converter's files, MCT's statistics."""
MEMORY_GIB: Final = 2
"""Available memory below which torch, MCT and the converter's Java may not fit beside each other."""


def examine(target: Target) -> Diagnosis:
    """Every check, for builds for ``target``."""
    return Diagnosis(
        (
            _python(),
            _java(),
            *_onnx(),
            *_packages(),
            _converter(target),
            _packager(),
            _disk(),
            _memory(),
            _left_behind(),
        )
    )


def _python() -> Check:
    found = platform.python_version()
    if OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        return Check("Python", "ok", found)
    oldest, newest = (".".join(map(str, v)) for v in (OLDEST_PYTHON, NEWEST_PYTHON))
    return Check(
        "Python",
        "missing",
        f"{found}; a build needs {oldest} to {newest}",
        f"uv venv --python {newest}, then {install()}",
    )


def _java() -> Check:
    try:
        return Check("Java", "ok", java_version())
    except MissingDependency:
        found = "older" if shutil.which("java") else "none"
        return Check("Java", "missing", f"{found}; the converter needs {JAVA_NEEDED}", JAVA_INSTALL)


def _onnx() -> Iterator[Check]:
    """Only an onnx that no command works with."""
    found = version("onnx")
    if complaint(found):
        yield Check("onnx", "missing", complaint(found).partition(": ")[0], _onnx_mended())


def _onnx_mended() -> str:
    """An older converter wants the older onnx."""
    converter = installed_version()
    if not converter:
        return MEND
    return f"pip uninstall imx500-converter; {MEND}; converter {converter} in an environment of its own, its bin first on PATH"


def _packages() -> Iterator[Check]:
    """What the extra ``build`` pins, each beside what is installed."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        yield Check("extra 'build'", "missing", "not installed", install())
        return
    try:
        listed = [Requirement(text) for text in requires("sensorfit") or ()]
    except PackageNotFoundError:
        yield Check(
            "sensorfit",
            "warning",
            "runs from a directory, so that its pins are not known",
            "pip install -e .",
        )
        return
    for wanted in listed:
        with_extra = wanted.marker is not None and wanted.marker.evaluate({"extra": "build"})
        if not with_extra or wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            yield Check(wanted.name, "missing", "not installed", install())
            continue
        if wanted.specifier.contains(found, prereleases=True):
            yield Check(wanted.name, "ok", found)
        else:
            yield Check(
                wanted.name,
                "warning",
                f"{found}; this release was tried with {wanted.specifier}",
                f'pip install "{wanted.name}{wanted.specifier}"',
            )


def _converter(target: Target) -> Check:
    if tool(CONVERTER) is None:
        return Check(CONVERTER, "missing", "not installed", install())
    found, known = installed_version(), converter_versions(target.name)
    if found in known:
        other = target.converter_version
        judged = "" if found == other else f"; a build judges as it does, not as {other}"
        return Check(CONVERTER, "ok", f"{found}, its facts are known{judged}")
    newest = known[0]
    return Check(
        CONVERTER,
        "warning",
        f"{found or 'of an unknown version'}: there are facts of {', '.join(known)}, not of it",
        f'pip install "imx500-converter[pt]=={newest}"',
    )


def _packager() -> Check:
    if tool(PACKAGER):
        return Check(PACKAGER, "ok", "installed: builds end with network.rpk")
    return Check(PACKAGER, "ok", "not here; it runs on the Raspberry Pi: deploy/package.sh of a build")


def _disk() -> Check:
    places = {place(), Path.cwd()}
    free, where = min((shutil.disk_usage(where).free, where) for where in places)
    found = f"{free / GIB:.1f} GiB free in {where}"
    if free >= DISK_GIB * GIB:
        return Check("disk", "ok", found)
    return Check(
        "disk",
        "warning",
        f"{found}; a build may need {DISK_GIB}",
        f"free some, or {'set TMPDIR to' if where == place() else 'build with -o in'} a larger place",
    )


def _memory() -> Check:
    free = available_memory()
    if free is None:
        return Check("memory", "ok", "not said by this system")
    found = f"{free / GIB:.1f} GiB available"
    if free >= MEMORY_GIB * GIB:
        return Check("memory", "ok", found)
    return Check(
        "memory",
        "warning",
        f"{found}; a build may need {MEMORY_GIB}",
        "end other programs, or build fewer images: --calib-limit 32",
    )


def available_memory() -> int | None:
    """Bytes that could be had now; None where the system does not say."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        line = next(row for row in text.splitlines() if row.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _left_behind() -> Check:
    """Directories of killed builds; the next build removes them too."""
    found = sorted(abandoned(place(), PREFIX))
    if not found:
        return Check("temporary directories", "ok", "none left behind")
    many = f"{len(found)} left behind by commands that were killed"
    return Check("temporary directories", "warning", many, f"rm -r {' '.join(map(str, found))}")
