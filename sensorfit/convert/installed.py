"""Which version of the converter runs here: ``build`` and ``--confirm`` ask it, and are judged by its facts."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from ..errors import ConfigError
from ..target import Target, load_target

DISTRIBUTION = "imx500_converter"


def installed_version() -> str:
    """The version of the converter that is installed, "" without one.

    By the name of its folder: to import ``importlib.metadata`` takes a tenth of a check.
    """
    for directory in sys.path:
        with suppress(OSError):
            for name in os.listdir(directory or "."):  # noqa: PTH208 (a hundredth of a check less)
                if name.startswith(f"{DISTRIBUTION}-") and name.endswith(".dist-info"):
                    return name.removesuffix(".dist-info").partition("-")[2]
    return ""


def other_installed(target: Target) -> str:
    """The version that is installed, where it is another than ``target`` is judged by; else ""."""
    version = installed_version()
    return version if version != target.converter_version else ""


def running(target: Target) -> Target:
    """``target`` with the facts of the version that is installed; as it is where there are none of it."""
    version = other_installed(target)
    if not version:
        return target
    try:
        return load_target(target.name, version)
    except ConfigError:
        return target
