"""``sensorfit sweep``: a family of networks, judged by the thousand; its Pareto front, confirmed.

from sensorfit.sweep import sweep
found = sweep("space.toml", "out", sampler="nsga2", candidates=2000)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pick import pick
    from .read import read_space
    from .run import sweep

__all__ = ["pick", "read_space", "sweep"]

_WHERE = {"pick": "pick", "read_space": "read", "sweep": "run"}


def __getattr__(name: str) -> Any:
    """Import on first use."""
    if name not in _WHERE:
        raise AttributeError(f"module 'sensorfit.sweep' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f".{_WHERE[name]}", __name__), name)
