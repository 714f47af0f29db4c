"""Modules that a library imports by itself and a check never reads, put off until somebody does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, Final

UNREAD: Final = (
    "onnx._custom_element_types", "onnx.compose", "onnx.gen_proto", "onnx.hub", "onnx.mapping", "onnx.numpy_helper", "onnx.utils",
    "google.protobuf.internal.python_message", "google.protobuf.json_format", "google.protobuf.text_format",
    "calendar", "html", "inspect", "json", "shlex", "tomli", "uuid",
)  # fmt: skip
"""What ``import onnx`` imports besides, half of its time, HTTP and TLS among it; what dataclasses and click import for
others; what only a configuration file, a command to copy or another format needs."""
_THREADS: Final = "OPENBLAS_NUM_THREADS"


def defer_unread_modules() -> None:
    """Put off ``UNREAD`` and numpy."""
    defer_import(*UNREAD)
    defer_import("numpy", using=_import_numpy)


def defer_import(*names: str, using: Callable[[str], ModuleType] = import_module) -> None:
    """Let each module that is not imported yet be imported, ``using`` this, when one of its attributes is first read."""
    for name in names:
        if name not in sys.modules:
            sys.modules[name] = _DeferredModule(name, using)


class _DeferredModule(ModuleType):
    """Stands for a module, before and after it is imported."""

    def __init__(self, name: str, using: Callable[[str], ModuleType]) -> None:
        super().__init__(name)
        self.__dict__["_using"] = using

    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return getattr(self._using(name), attribute)


def _import_numpy(name: str) -> ModuleType:
    """Import numpy without the threads that its BLAS starts, one a core: spinning, they slow the imports that follow."""
    given = os.environ.get(_THREADS)
    os.environ[_THREADS] = given or "1"
    numpy = import_module(name)
    if given is None:
        del os.environ[_THREADS]  # the converter, where it is asked, starts as many as it likes
    return numpy
