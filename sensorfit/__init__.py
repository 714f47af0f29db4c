"""Will this ONNX graph run inside Sony's IMX500, how fast, and if not, what to change?

import sensorfit
report = sensorfit.check("model.onnx")
assert report.verdict == "fits"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import check, compare, diff, explain, fix, load_target
    from .pipeline.build import build
    from .report.report import Report
    from .target import Target
    from .verify.finding import Finding
    from .version import __version__

__all__ = [
    "Finding",
    "Report",
    "Target",
    "__version__",
    "build",
    "check",
    "compare",
    "diff",
    "explain",
    "fix",
    "load_target",
]

_WHERE = {
    "check": "api",
    "compare": "api",
    "diff": "api",
    "explain": "api",
    "fix": "api",
    "build": "pipeline.build",
    "Report": "report.report",
    "Target": "target",
    "load_target": "api",
    "Finding": "verify.finding",
    "__version__": "version",
}


def __getattr__(name: str) -> Any:
    """Import on first use: ``import sensorfit`` itself costs nothing."""
    if name not in _WHERE:
        raise AttributeError(f"module 'sensorfit' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f".{_WHERE[name]}", __name__), name)
