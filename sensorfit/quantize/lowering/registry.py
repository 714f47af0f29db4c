"""Which function lowers which operator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ...errors import ModelError

if TYPE_CHECKING:
    from .builder import Builder, Value

MODULES = ("activations", "elementwise", "kernels", "normalizations", "pooling", "reductions", "sampling", "selection", "views")  # fmt: skip
"""The modules of this package that lower operators, by topic."""

Lowering = Callable[["Builder", Any], "Value | tuple[Value, ...]"]
_LOWERINGS: dict[str, Lowering] = {}


class NoRoad(ModelError):
    """A node whose form has no torch counterpart that MCT carries."""


def lowers(*operators: str) -> Callable[[Lowering], Lowering]:
    """Declare the function that lowers ``operators``: it takes the builder and the node and gives the results' values."""

    def declare(function: Lowering) -> Lowering:
        for operator in operators:
            assert operator not in _LOWERINGS, f"{operator} is lowered twice"
            _LOWERINGS[operator] = function
        return function

    return declare


def lowering_of(operator: str) -> Lowering | None:
    """The function for ``operator``; None where there is none."""
    _read()
    return _LOWERINGS.get(operator)


def lowered_operators() -> Iterable[str]:
    """The operators that have a function, in alphabetical order."""
    _read()
    return sorted(_LOWERINGS)


def _read() -> None:
    for name in MODULES:
        import_module(f"{__package__}.{name}")
