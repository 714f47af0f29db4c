"""Published figures of the SAM family, typed. The data is ``published.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FIGURES = {
    "parameters": "M",
    "macs": "G",
    "size": "MB",
    "coco_miou": "%",
    "lvis_miou": "%",
    "latency": "ms",
}
"""Every kind of figure with its unit."""
LISTED = "listed"


@dataclass(frozen=True)
class Published:
    """One figure somebody published. ``first_hand``: whether the source itself was read."""

    model: str
    figure: str
    value: float
    unit: str
    source: str
    first_hand: bool
    variant: str = ""
    """"INT8" for the quantized model, "" for the float one."""
    covers: str = ""
    """What the figure includes, where the source says."""
    note: str = ""
    derived: bool = False
    """Whether the source does not print it, but what it follows from; ``note`` says how."""

    @property
    def cited(self) -> str:
        """The source, with what a reader should know before quoting the figure."""
        derivation = f"derived: {self.note}" if self.derived else ""
        said = "; ".join(filter(None, ("" if self.first_hand else "second-hand", derivation)))
        return f"{self.source} ({said})" if said else self.source


@dataclass(frozen=True)
class Listed:
    """A model known from published figures alone: nothing is said about its operators."""

    name: str
    title: str
    why: str
    """Why there is no graph."""


def published(model: str) -> tuple[Published, ...]:
    """All figures published about ``model``, in the table's order; () when there are none."""
    return tuple(Published(model=model, **row) for row in _table().get(model, ()) if model != LISTED)


def figure(model: str, kind: str, variant: str = "") -> Published | None:
    """The first figure of a kind for one variant; a figure read first-hand comes before the others."""
    found = [p for p in published(model) if p.figure == kind and p.variant == variant]
    return min(found, key=lambda p: not p.first_hand, default=None)


@cache
def listed() -> tuple[Listed, ...]:
    """The models that have published figures and no graph."""
    return tuple(Listed(name, row["title"], row["why"]) for name, row in _table()[LISTED].items())


def known_by_figures(name: str) -> Listed | None:
    """The model without a graph that is called ``name`` (case and ``_`` for ``-`` do not matter), or None."""
    wanted = name.lower().replace("_", "-")
    return next((one for one in listed() if one.name == wanted), None)


def models() -> tuple[str, ...]:
    """Every model with at least one figure."""
    return tuple(name for name in _table() if name != LISTED)


def _table() -> dict[str, Any]:
    from .. import toml  # here: who only reads a report needs the types alone

    return toml.table(Path(__file__).with_name("published.toml"))
