"""How far the INT8 graph is from the float graph, on the calibration images.

    SQNR      10 log10( sum float² / sum (float - int8)² )  over every output value, dB
    mask IoU  |A and B| / |A or B| of the masks {output > 0}, mean over images; 1 where both are empty
    argmax    share of places where the largest of several channels is the same, and each class's IoU

An output of one channel is a map of logits, of several (or of whole numbers, as an ArgMax writes them) classes.

Values that are infinite or NaN (overflow in float32, a division by zero) cannot be compared: an output that has one in
either graph has no figures, and says how many there are.

Both graphs run in onnxruntime, the INT8 one with its quantizers as ONNX's own operators.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from ..errors import ToolchainError
from ..runtime.extra import first_line
from .native import session

Missing = Literal["", "equal", "no_signal", "not_finite", "classes"]
"""Why there is no SQNR: no noise, nothing but zeros in float, values that are infinite or NaN, or numbers of classes, whose
differences mean nothing; "" where there is one."""
NOT_FINITE: Final = "overflow in float32 or a division by zero"


@dataclass(frozen=True)
class Fidelity:
    """Agreement of INT8 with float. ``mask_iou`` is None where the first output is not a map of logits."""

    images: int
    sqnr_db: float | None
    mask_iou: float | None
    mask_iou_worst: float | None
    empty_masks: int
    """Images on which neither graph finds anything; they count as agreement."""
    max_abs_difference: float | None
    output_range: tuple[float, float] | None
    """Smallest and largest float output value."""
    argmax_agreement: float | None = None
    """None where the output is no choice of classes."""
    class_iou: tuple[tuple[int, float], ...] = ()
    """Of each class that either graph chooses, over all images."""
    sqnr_missing: Missing = ""
    not_finite: int = 0
    """Places where either graph's value is infinite or NaN; with one, nothing is compared."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        classes = {str(number): iou for number, iou in self.class_iou}
        return {
            **asdict(self),
            "output_range": self.output_range and list(self.output_range),
            "class_iou": classes,
        }


@dataclass(frozen=True)
class Runs:
    """What both graphs give for the same images: (N, ...) for each output, in the order of the graph."""

    floating: list[np.ndarray]
    int8: list[np.ndarray]


def run_both(float_graph: Path, int8_graph: Path, images: np.ndarray) -> Runs:
    """Run both graphs on every image; ToolchainError where their outputs are not of the same shapes."""
    runs = Runs(run_outputs(float_graph, images), run_outputs(int8_graph, images))
    if [r.shape for r in runs.floating] != [q.shape for q in runs.int8]:
        had, wanted = (", ".join(str(v.shape[1:]) for v in values) for values in (runs.int8, runs.floating))
        raise ToolchainError(f"{int8_graph.name}: its outputs are {had}, the float graph's are {wanted}")
    return runs


def compare(runs: Runs) -> tuple[Fidelity, ...]:
    """Each output of the two graphs compared, in the order of the graph."""
    return tuple(agreement(a, b) for a, b in zip(runs.floating, runs.int8, strict=True))


def agreement(reference: np.ndarray, quantized: np.ndarray) -> Fidelity:
    """Compare two outputs (N, ...) of the same shape."""
    a, b = reference.astype(np.float64), quantized.astype(np.float64)
    bad = not_finite(a, b)
    if bad:
        return Fidelity(len(a), None, None, None, 0, None, None, sqnr_missing="not_finite", not_finite=bad)
    chosen = reference.dtype.kind in "iu"
    masks = a.ndim == 4 and a.shape[1] == 1 and not chosen  # (N, 1, H, W): a map of logits
    ious: list[float] = []
    empty = 0
    if masks:
        for x, y in zip(a > 0, b > 0, strict=True):
            union = int(np.logical_or(x, y).sum())
            empty += union == 0
            ious.append(int(np.logical_and(x, y).sum()) / union if union else 1.0)
    classes = (
        (a, b) if chosen else (a.argmax(1), b.argmax(1)) if a.ndim in (2, 4) and a.shape[1] > 1 else None
    )
    db, missing = sqnr(a, b)
    if chosen and db is not None:
        db, missing = None, "classes"
    return Fidelity(
        images=len(a),
        sqnr_db=db,
        sqnr_missing=missing,
        mask_iou=round(float(np.mean(ious)), 4) if masks else None,
        mask_iou_worst=round(min(ious), 4) if masks else None,
        empty_masks=empty,
        max_abs_difference=float(np.abs(a - b).max()),
        output_range=(float(a.min()), float(a.max())),
        argmax_agreement=round(float((classes[0] == classes[1]).mean()), 4) if classes else None,
        class_iou=_class_iou(*classes) if classes else (),
    )


def sqnr(reference: np.ndarray, quantized: np.ndarray) -> tuple[float | None, Missing]:
    """Signal over quantization noise of two arrays of one shape, dB; or None and why."""
    a, b = reference.astype(np.float64), quantized.astype(np.float64)
    if not_finite(a, b):
        return None, "not_finite"
    noise, signal = float(np.square(a - b).sum()), float(np.square(a).sum())
    if noise == 0:
        return None, "equal"
    return (round(10 * float(np.log10(signal / noise)), 2), "") if signal > 0 else (None, "no_signal")


def not_finite(reference: np.ndarray, quantized: np.ndarray) -> int:
    """Places where either of two arrays of one shape is infinite or NaN."""
    return int((~(np.isfinite(reference) & np.isfinite(quantized))).sum())


def said_of(outputs: tuple[Fidelity, ...], layer: str = "") -> tuple[str, ...]:
    """A warning for each output that cannot be compared; ``layer`` is the first with such values."""
    where = f", first in layer {layer}" if layer else ""
    return tuple(
        f"output {index}: {found.not_finite:,} values of the float or the INT8 graph are infinite or NaN ({NOT_FINITE}{where}): "
        "its accuracy cannot be told"
        for index, found in enumerate(outputs)
        if found.not_finite
    )


def _class_iou(a: np.ndarray, b: np.ndarray) -> tuple[tuple[int, float], ...]:
    found = []
    for number in np.union1d(a, b):
        both, either = ((a == number) & (b == number)).sum(), ((a == number) | (b == number)).sum()
        found.append((int(number), round(float(both / either), 4)))
    return tuple(found)


def run_graph(path: Path, images: np.ndarray) -> np.ndarray:
    """The first output of an ONNX file for each image: (N, ...)."""
    return run_outputs(path, images)[0]


def run_outputs(path: Path | bytes, images: np.ndarray) -> list[np.ndarray]:
    """Every output of an ONNX file, or of its bytes, for each image: (N, ...) each."""
    name = path.name if isinstance(path, Path) else "the graph"
    try:
        graph = session(path, threads=1)  # the same sums in the same order everywhere
        entry = graph.get_inputs()[0]
        # one at a time, as the sensor runs it: MCT's export leaves the batch open, a constant that is joined to the
        # activations (a class token) has its own
        runs = [graph.run(None, {entry.name: images[at : at + 1]}) for at in range(len(images))]
    except Exception as error:
        raise ToolchainError(f"{name}: onnxruntime cannot run it ({first_line(error)})") from error
    return [np.concatenate(values) for values in zip(*runs, strict=True)]
