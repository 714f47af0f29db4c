"""Packages for a calibration kit: each network by the same build as ``sensorfit build``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..latency.kit import package, read
from ..runtime.scratch import scratch_directory
from .build import build
from .history import expected
from .model import PACKAGE
from .stages import Stage, Stages


@dataclass
class _OfNetwork(Stages):
    """The stages of one network's build, shown and kept among the kit's under its name."""

    network: str = ""
    kit: Stages = field(default_factory=Stages)

    def started(self, name: str) -> None:
        self.kit.started(f"{self.network}: {name}")

    def step(self, text: str) -> None:
        self.kit.step(text)

    def finished(self, stage: Stage) -> None:
        self.kit.done.append(Stage(f"{self.network}: {stage.name}", stage.seconds))
        self.kit.finished(self.kit.done[-1])


def build_kit(
    directory: Path, target: str, stages: Stages | None = None, names: tuple[str, ...] = ()
) -> tuple[int, int]:
    """Build what is not yet in the kit in ``directory``, only ``names`` where given; how many were, and how many are there."""
    kit = stages or Stages()
    with scratch_directory("kit") as scratch:

        def make(model: Path, name: str) -> Path:
            own = _OfNetwork(network=name, kit=kit)
            return build(model, scratch / name, target=target, stages=own).directory / PACKAGE

        return package(directory, make, names)


def expected_of_kit(directory: Path, names: tuple[str, ...] = ()) -> Mapping[str, float]:
    """Seconds of each stage of each network that ``build_kit`` is going to build, by the latest build on this machine."""
    latest = expected("")
    return {
        f"{entry['name']}: {stage}": seconds
        for entry in read(directory)["networks"]
        if not entry["package_sha256"] and (not names or entry["name"] in names)
        for stage, seconds in latest.items()
    }
