"""How well masks agree with annotations.

IoU                  intersection / union; both empty counts 1
threshold average    for each of 0.50, 0.55, ... 0.95 the share of instances with a non-empty annotation whose IoU
                     reaches it, averaged. The papers print it as mAP@[.5:.95]; it is not COCO's AP: it has no
                     scores and no classes
size                 COCO's: area in the image under 32², under 96², the rest
"""

from __future__ import annotations

from typing import Final

import numpy as np

THRESHOLDS: Final = np.linspace(0.5, 0.95, 10)
SIZES: Final = (("small", 32**2), ("medium", 96**2), ("large", float("inf")))
RESAMPLES: Final = 2000


def ious(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """IoU of (N, ...) bool masks, (N,) float64."""
    a, b = found.reshape(len(found), -1), wanted.reshape(len(wanted), -1)
    union = (a | b).sum(1)
    both = (a & b).sum(1)
    return np.where(union > 0, both / np.maximum(union, 1), 1.0)


def threshold_average(values: np.ndarray, filled: np.ndarray) -> float:
    """Over the instances where ``filled``; nan where there are none."""
    kept = values[filled]
    if not len(kept):
        return float("nan")
    return float(np.mean([(kept >= t).mean() for t in THRESHOLDS]))


def by_size(values: np.ndarray, areas: np.ndarray) -> dict[str, tuple[int, float | None]]:
    """Name to (instances, mean); None for a size without instances."""
    result: dict[str, tuple[int, float | None]] = {}
    least = 0.0
    for name, most in SIZES:
        inside = (areas >= least) & (areas < most)
        result[name] = (int(inside.sum()), float(values[inside].mean()) if inside.any() else None)
        least = most
    return result


def paired_bootstrap(
    first: np.ndarray, second: np.ndarray, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float, float]:
    """Mean of ``second - first`` and its 95 % interval: instances drawn with replacement, the same for both."""
    difference = second - first
    rng = np.random.default_rng(seed)
    means = np.array(
        [difference[rng.integers(0, len(difference), len(difference))].mean() for _ in range(resamples)]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return float(difference.mean()), float(low), float(high)
