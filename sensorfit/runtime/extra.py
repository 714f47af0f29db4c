"""The ``build`` extra: imported when needed, named when missing."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final

from ..errors import MissingDependency

NEWEST_PYTHON: Final = (3, 12)
"""The newest that imx500-converter is published for; the extra is empty on a newer one (pyproject.toml)."""


def install() -> str:
    """What to run so that the extra is there; on a Python that is too new for it, which one to take first."""
    command = 'pip install "sensorfit[build]"'
    if sys.version_info[:2] <= NEWEST_PYTHON:
        return command
    newest, here = (".".join(map(str, version)) for version in (NEWEST_PYTHON, sys.version_info[:2]))
    return f"{command} in an environment with Python 3.10 to {newest} (imx500-converter has no release for {here})"


def need(module: str, what: str = "") -> ModuleType:
    """Import ``module``; MissingDependency with the command that installs it when it is absent.

    ``what``: the product as the user knows it, where the module's name does not say.
    """
    # The tools' own telemetry and chatter stay off; must be set before the first import.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        raise MissingDependency(
            f"{what or module} is not installed ({missing.name} is missing): {install()}"
        ) from missing
    except ImportError as broken:
        raise MissingDependency(
            f"{what or module} is installed but does not load ({broken}): in a fresh environment, {install()}"
        ) from broken


PRODUCTS = {
    "torch": "torch",
    "model_compression_toolkit": "model-compression-toolkit",
    "mct_quantizers": "mct-quantizers",
    "edgemdt_tpc": "edge-mdt-tpc",
    "onnxruntime": "onnxruntime",
    "PIL": "pillow",
}
"""Modules a build imports sooner or later, and the products they belong to."""


def need_build_extra() -> None:
    """MissingDependency naming every product of the extra that is absent; imports none of them."""
    absent = [product for module, product in PRODUCTS.items() if find_spec(module) is None]
    if absent:
        raise MissingDependency(
            f"a build needs {', '.join(absent)}, which {'is' if len(absent) == 1 else 'are'} not installed: {install()}"
        )


def first_line(error: Exception) -> str:
    """What a tool's exception says first, at most 300 characters; its kind where it says nothing."""
    said = (line.strip() for line in str(error).splitlines())
    return next(filter(None, said), type(error).__name__)[:300]
