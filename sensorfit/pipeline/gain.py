"""What MCT's settings gain: the same network quantized once more with the default ones, on the same images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..quantize.fidelity import Fidelity, Runs, compare, run_outputs
from ..quantize.options import Quantization
from ..quantize.ranges import cap_ranges
from .quantizer import Quantizer


@dataclass(frozen=True)
class Gain:
    """``settings`` as the command line writes them, and the fidelity of each output without them."""

    settings: tuple[str, ...]
    outputs: tuple[Fidelity, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"settings": list(self.settings), "outputs": [one.to_dict() for one in self.outputs]}


def gain_of(
    quantizer: Quantizer,
    options: Quantization,
    weights_memory: int | None,
    floating: list[np.ndarray],
    scratch: Path,
) -> Gain:
    """Of ``options``, with weights of as many bytes; ``floating`` are the float graph's outputs."""
    graph = scratch / "by_default.onnx"
    quantizer.write(options.by_default(), graph, weights_memory)
    cap_ranges(graph, quantizer.found.target)
    plain = run_outputs(graph, quantizer.calibration.images)
    return Gain(options.settings(), compare(Runs(floating, plain)))
