"""The ``build`` extra: imported when needed, named when missing."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from ..errors import MissingDependency

INSTALL = 'pip install "sensorfit[build]"'


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
            f"{what or module} is not installed ({missing.name} is missing): {INSTALL}"
        ) from missing
    except ImportError as broken:
        raise MissingDependency(
            f"{what or module} is installed but does not load ({broken}): {INSTALL} in a fresh environment"
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
            f"a build needs {', '.join(absent)}, which {'is' if len(absent) == 1 else 'are'} not installed: {INSTALL}"
        )


def first_line(error: Exception) -> str:
    """What a tool's exception says first, at most 300 characters; its kind where it says nothing."""
    said = (line.strip() for line in str(error).splitlines())
    return next(filter(None, said), type(error).__name__)[:300]
