"""A space as a value: the family, its free parameters, what a candidate has to keep and what is wanted of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final, NamedTuple

from .expression import Expression
from .families.option import Value

FIGURES: Final[Mapping[str, type]] = {
    "parameters": int, "macs": int, "weights": int, "runtime": int, "total": int,
    "dsp_ms": float, "dsp_ms_low": float, "dsp_ms_high": float,
}  # fmt: skip
"""What is known of every judged candidate: counts, bytes, milliseconds. ``total`` is as the converter would package it."""
ANSWERS: Final[Mapping[str, type]] = {"verdict": str, "reason": str, "feasible": bool, "violated": str}
MEASURED: Final = frozenset({"accuracy", "answer", "seconds", "on_front"})
"""Columns of what is measured after the front."""
RESERVED: Final = frozenset({"candidate", *FIGURES, *ANSWERS, *MEASURED})


class Interval(NamedTuple):
    """Any number from ``low`` to ``high``, evenly or on a logarithmic scale."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Parameter:
    """What a candidate may choose; nothing where ``when`` does not hold of the parameters before it."""

    name: str
    values: tuple[Value, ...] | Interval
    when: Expression | None = None

    @property
    def finite(self) -> bool:
        """Whether its values can be listed."""
        return not isinstance(self.values, Interval)


class Objective(NamedTuple):
    """A figure to be small, or large."""

    figure: str
    maximise: bool = False

    def __str__(self) -> str:
        return f"{'maximize' if self.maximise else 'minimize'} {self.figure}"


@dataclass(frozen=True)
class Space:
    """One SPACE.toml."""

    source: str
    """The file's name."""
    text: str
    family: str
    """A built-in family's name, or ``package.module:function``."""
    parameters: tuple[Parameter, ...]
    fixed: Mapping[str, Value] = field(default_factory=dict)
    constraints: tuple[Expression, ...] = ()
    """Over the figures (and parameters): what a feasible candidate keeps."""
    shape: tuple[Expression, ...] = ()
    """Constraints over parameters alone: what breaks them is no candidate."""
    objectives: tuple[Objective, ...] = ()
    input: tuple[int, int, int] | None = None
    """(C, H, W) at which a torch module of the user's builder is exported."""

    @property
    def size(self) -> int | None:
        """Combinations of values, conditions and constraints aside; None where a parameter is an interval."""
        if not all(p.finite for p in self.parameters):
            return None
        return prod(len(p.values) for p in self.parameters)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, free and then fixed."""
        return (*(p.name for p in self.parameters), *self.fixed)

    def shaped(self, chosen: Mapping[str, Any]) -> bool:
        """Whether these parameters make a candidate."""
        return all(e.holds(chosen) for e in self.shape)

    def active(self, chosen: Mapping[str, Any]) -> Iterator[Parameter]:
        """The parameters that are chosen, each asked once those before it are in ``chosen``."""
        for parameter in self.parameters:
            if parameter.when is None or parameter.when.holds(chosen):
                yield parameter
