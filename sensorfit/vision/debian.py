"""A Debian package's files, without installing it: ``apt-get download`` and ``dpkg -x`` into a folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ..errors import InputError, ToolchainError

TIMEOUT = 900
"""Seconds for one download."""


def unpacked(package: str, cache: Path) -> Path:
    """The folder that holds ``package``'s files below ``cache``; fetched and unpacked where it is not there yet."""
    place = cache / package
    if place.is_dir():
        return place
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise InputError(
                f"{tool} is not here, and {package} is a Debian package: run this on Debian or Ubuntu, or unpack "
                f"the package into {place}"
            )
    cache.mkdir(parents=True, exist_ok=True)
    if not (found := sorted(cache.glob(f"{package}_*.deb"))):
        _run(["apt-get", "download", package], cache, f"{package}: cannot be downloaded (try apt-get update)")
        found = sorted(cache.glob(f"{package}_*.deb"))
    part = cache / f".{package}.part"
    shutil.rmtree(part, ignore_errors=True)
    _run(["dpkg", "-x", str(found[-1]), str(part)], cache, f"{found[-1]}: cannot be unpacked")
    part.replace(place)
    return place


def _run(command: list[str], folder: Path, otherwise: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise ToolchainError(f"{otherwise}: no answer in {TIMEOUT} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise ToolchainError(f"{otherwise}: {said[-1] if said else f'exit code {done.returncode}'}")
