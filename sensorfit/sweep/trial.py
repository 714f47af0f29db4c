"""What a function of ``--accuracy`` gets: a candidate to train or to measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import onnx


class Trial:
    """What a function gets: the candidate, a folder of its own, and a way to report."""

    def __init__(
        self,
        row: Mapping[str, Any],
        parameters: Mapping[str, Any],
        directory: Path,
        trial: Any,
        say: Callable[[str], None] = lambda _: None,
        prunable: bool = True,
    ) -> None:
        self.number: int = row["candidate"]
        self.parameters = parameters
        self.figures = row
        self.directory = directory
        """Its own; ``model.onnx`` in it is the network with random weights."""
        self.say = say
        """Tells the user one line."""
        self._trial = trial
        self._prunable = prunable
        self.reported = 0
        self.reports: dict[int, float] = {}

    @property
    def model(self) -> Path:
        """The network as an ONNX file."""
        return self.directory / "model.onnx"

    def module(self) -> Any:
        """The network as a torch module to train, its weights those of the file; needs torch."""
        from ..graph.load import load
        from ..quantize.lowering import to_module

        module = to_module(load(onnx.load(str(self.model)), self.model.stem))
        return module.requires_grad_(True).train()

    def report(self, accuracy: float, step: int) -> None:
        """The accuracy so far; ends the function where it falls behind the others'."""
        self.reported = step
        self.reports[step] = float(accuracy)
        self._trial.report(float(accuracy), step)
        if self._prunable and self._trial.should_prune():
            raise Pruned


class Pruned(Exception):
    """Raised in a function that is not worth going on with; it passes through."""
