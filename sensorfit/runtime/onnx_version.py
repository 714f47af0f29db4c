"""The onnx that every command needs: a converter older than 3.17 in the same environment brings an older one."""

from __future__ import annotations

from typing import Final

from ..errors import MissingDependency

OLDEST: Final = (1, 17)
"""As in pyproject.toml."""
MEND: Final = 'pip install "onnx>=1.17,<1.18"'


def complaint(found: str) -> str:
    """What is wrong with version ``found`` and what mends it, one sentence; "" where nothing is."""
    if _number(found) >= OLDEST:
        return ""
    oldest = ".".join(map(str, OLDEST))
    return (
        f"onnx {found} is installed and sensorfit needs {oldest} or newer: {MEND}, and where imx500-converter 3.16 or "
        "older brought it, install that in an environment of its own and put its bin directory first on PATH"
    )


def need(found: str) -> None:
    """MissingDependency where version ``found`` of onnx is too old."""
    if said := complaint(found):
        raise MissingDependency(said)


def _number(version: str) -> tuple[int, ...]:
    """The first two numbers of a version; what has none is taken for new."""
    parts = version.split(".")[:2]
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else OLDEST
