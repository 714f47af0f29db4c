"""The built-in models: name, weightless graph, input, preprocessing, definition.

    registry.toml   [name]  title, note, graph, input, mean, std, module      one table a model
    published.toml  [[name]] figure, value, unit, source, ...                 published figures, optional

A look-up reads these tables and nothing else: no torch, no graph.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Entry:
    """A built-in model. ``input_shape`` is (channels, height, width)."""

    name: str
    title: str
    graph: Path
    """The weightless ONNX file."""
    input_shape: tuple[int, int, int]
    note: str = ""
    """What the name stands for, where that needs saying."""
    mean: tuple[float, ...] = ()
    """Per-channel mean that the training subtracts from RGB in [0, 1]; () for none."""
    std: tuple[float, ...] = ()
    module: str = ""
    """``package.module:callable`` that builds the torch module; "" when it cannot be built."""

    @property
    def buildable(self) -> bool:
        """Whether ``sensorfit build`` knows the torch module."""
        return bool(self.module)

    def definition(self) -> Callable[[], Any]:
        """The callable that builds the torch module with random weights; imports torch."""
        module, _, name = self.module.partition(":")
        return getattr(import_module(module), name)  # type: ignore[no-any-return]

    def published(self) -> tuple[Mapping[str, Any], ...]:
        """Figures somebody published about this model, each with its source."""
        return tuple(MappingProxyType(dict(row)) for row in _table("published.toml").get(self.name, ()))


def find(name: str) -> Entry | None:
    """The built-in model called ``name`` (case and ``_`` for ``-`` do not matter), None when there is none."""
    return _entries().get(name.lower().replace("_", "-"))


def names() -> tuple[str, ...]:
    """Names of the built-in models, in the table's order."""
    return tuple(_entries())


@cache
def _entries() -> dict[str, Entry]:
    graphs = Path(str(resources.files(__package__))) / "graphs"
    return {
        name: Entry(
            name=name,
            title=row["title"],
            graph=graphs / row.get("graph", f"{name}.onnx"),
            input_shape=tuple(row["input"]),
            note=row.get("note", ""),
            mean=tuple(row.get("mean", ())),
            std=tuple(row.get("std", ())),
            module=row.get("module", ""),
        )
        for name, row in _table("registry.toml").items()
    }


@cache
def _table(file: str) -> dict[str, Any]:
    path = resources.files(__package__) / file
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
