"""Modules that a library imports by itself and a check never reads, put off until somebody does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


def postpone(*names: str, using: Callable[[str], ModuleType] = import_module) -> None:
    """Let each module that is not imported yet be imported, ``using`` this, when one of its attributes is first read."""
    for name in names:
        if name not in sys.modules:
            sys.modules[name] = _Postponed(name, using)


class _Postponed(ModuleType):
    """Stands for a module, before and after it is imported."""

    def __init__(self, name: str, using: Callable[[str], ModuleType]) -> None:
        super().__init__(name)
        self.__dict__["_using"] = using

    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return getattr(self._using(name), attribute)
