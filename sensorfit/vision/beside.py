"""What an evaluation's page shows beside its figures: masks of a few crops side by side, and the least exact layers of an INT8 graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..quantize.layers import IMAGES, LayerFidelity, compare_layers
from .baselines import BASELINES
from .evaluate import Prepared, Scores
from .predict import graph_of

SHOWN: Final = 4
MODELS: Final = 6
"""Models whose masks stand in one row."""


@dataclass(frozen=True)
class Beside:
    """One crop with what is annotated and what each model finds; masks (S, S), 1 inside."""

    place: int
    """Among the crops of the evaluation."""
    crop: np.ndarray
    """(S, S, 3), uint8."""
    annotated: np.ndarray
    found: tuple[tuple[str, float, np.ndarray], ...]
    """A model's name, its IoU and its mask."""


def masks_beside(results: Sequence[Scores], prepared: Prepared) -> tuple[Beside, ...]:
    """The crop on which a model loses most beside the first (of one model, the one with the least IoU), the other end, two between."""
    models = [r for r in results if r.name not in BASELINES and r.masks is not None][:MODELS]
    if not models:
        return ()
    first, *others = (np.nan_to_num(r.crop) for r in models)
    order = np.argsort(np.min([o - first for o in others], axis=0) if others else first, kind="stable")
    places = dict.fromkeys(round(i * (len(order) - 1) / (SHOWN - 1)) for i in range(SHOWN))
    return tuple(
        Beside(
            at,
            prepared.crops[at],
            prepared.masks[at].astype(np.uint8),
            tuple((r.name, float(r.crop[at]), _mask(r, at, prepared)) for r in models),
        )
        for at in (int(order[place]) for place in places)
    )


def _mask(result: Scores, at: int, prepared: Prepared) -> np.ndarray:
    assert result.masks is not None
    return np.unpackbits(result.masks[at], axis=-1, count=prepared.masks.shape[-1])


def least_exact(
    models: Sequence[str], prepared: Prepared, mean: Sequence[float] = (), std: Sequence[float] = ()
) -> tuple[str, LayerFidelity] | None:
    """The first of ``models`` that is an INT8 graph of MCT's, its layers beside the same ones without quantizers; None where
    none is."""
    images = prepared.crops[:IMAGES].transpose(0, 3, 1, 2).astype(np.float32) / 255
    if mean:
        middle, spread = (np.asarray(v, np.float32).reshape(3, 1, 1) for v in (mean, std))
        images = (images - middle) / spread
    for model in models:
        path = graph_of(model)
        found = compare_layers(path, images) if path is not None else None
        if found is not None and found.worst:
            return model, found
    return None
