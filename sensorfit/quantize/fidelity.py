"""How far the INT8 graph is from the float graph, on the calibration images.

    SQNR      10 log10( sum float² / sum (float - int8)² )  over every output value, dB
    mask IoU  |A and B| / |A or B| of the masks {output > 0}, mean over images; 1 where both are empty

Both graphs run in onnxruntime; the INT8 one with the mct_quantizers operators.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ToolchainError
from ..runtime.extra import first_line, need
from .calibration import BATCH, CalibrationSet


@dataclass(frozen=True)
class Fidelity:
    """Agreement of INT8 with float. ``mask_iou`` is None where the first output is not a map of logits."""

    images: int
    sqnr_db: float | None
    """None when the two are equal."""
    mask_iou: float | None
    mask_iou_worst: float | None
    empty_masks: int
    """Images on which neither graph finds anything; they count as agreement."""
    max_abs_difference: float
    output_range: tuple[float, float]
    """Smallest and largest float output value."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "output_range": list(self.output_range)}


def compare(float_graph: Path, int8_graph: Path, calibration: CalibrationSet) -> Fidelity:
    """Run both graphs on every calibration image and compare the first output."""
    reference = run_graph(float_graph, calibration.images)
    quantized = run_graph(int8_graph, calibration.images)
    if reference.shape != quantized.shape:
        raise ToolchainError(
            f"{int8_graph.name}: its output is {quantized.shape[1:]}, the float graph's is {reference.shape[1:]}"
        )
    return agreement(reference, quantized)


def agreement(reference: np.ndarray, quantized: np.ndarray) -> Fidelity:
    """Compare two outputs (N, ...) of the same shape."""
    a, b = reference.astype(np.float64), quantized.astype(np.float64)
    noise, signal = float(np.square(a - b).sum()), float(np.square(a).sum())
    masks = a.ndim == 4  # (N, C, H, W): a map of logits
    ious: list[float] = []
    empty = 0
    if masks:
        for x, y in zip(a > 0, b > 0, strict=True):
            union = int(np.logical_or(x, y).sum())
            empty += union == 0
            ious.append(int(np.logical_and(x, y).sum()) / union if union else 1.0)
    return Fidelity(
        images=len(a),
        sqnr_db=round(10 * float(np.log10(signal / noise)), 2) if noise > 0 and signal > 0 else None,
        mask_iou=round(float(np.mean(ious)), 4) if masks else None,
        mask_iou_worst=round(min(ious), 4) if masks else None,
        empty_masks=empty,
        max_abs_difference=float(np.abs(a - b).max()),
        output_range=(float(a.min()), float(a.max())),
    )


def run_graph(path: Path, images: np.ndarray) -> np.ndarray:
    """The first output of an ONNX file for each image: (N, ...)."""
    return run_outputs(path, images)[0]


def run_outputs(path: Path | bytes, images: np.ndarray) -> list[np.ndarray]:
    """Every output of an ONNX file, or of its bytes, for each image: (N, ...) each."""
    ort = need("onnxruntime")
    options = need("mct_quantizers").get_ort_session_options()
    options.intra_op_num_threads = options.inter_op_num_threads = (
        1  # the same sums in the same order everywhere
    )
    options.log_severity_level = 3
    name = path.name if isinstance(path, Path) else "the graph"
    try:
        model = str(path) if isinstance(path, Path) else path
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        entry = session.get_inputs()[0]
        step = 1 if isinstance(entry.shape[0], int) else BATCH  # MCT's export leaves the batch open
        parts = [images[start : start + step] for start in range(0, len(images), step)]
        runs = [session.run(None, {entry.name: part}) for part in parts]
    except Exception as error:
        raise ToolchainError(f"{name}: onnxruntime cannot run it ({first_line(error)})") from error
    return [np.concatenate(values) for values in zip(*runs, strict=True)]
