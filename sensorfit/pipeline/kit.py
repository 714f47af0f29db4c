"""Packages for a calibration kit: each network by the same build as ``sensorfit build``."""

from __future__ import annotations

from pathlib import Path

from ..latency.kit import package
from ..runtime.scratch import scratch_directory
from .build import build
from .model import PACKAGE
from .stages import Stages


def build_kit(
    directory: Path, target: str, stages: Stages | None = None, names: tuple[str, ...] = ()
) -> tuple[int, int]:
    """Build what is not yet in the kit in ``directory``, only ``names`` where given; how many were, and how many are there."""
    with scratch_directory("kit") as scratch:

        def make(model: Path, name: str) -> Path:
            return build(model, scratch / name, target=target, stages=stages).directory / PACKAGE

        return package(directory, make, names)
