"""Where the network looks, and what its output means: numpy alone.

An output's ``kind`` in network_info.json: "logits" is a map, one channel a class; "classes" a map of classes that the network
chose itself; "choice" the one class that it chose for the whole image; "scores" one number a class for that; "other" is
anything else.

sensor ─► crop (left, top, width, height) ─► input ─► network ─► output ─► mask ─► the crop's place in the image
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BACKGROUND = 255
"""In a mask: no class."""
PALETTE = np.array(
    [
        [230, 60, 60],
        [60, 170, 230],
        [90, 200, 90],
        [240, 190, 60],
        [170, 90, 220],
        [60, 200, 190],
        [240, 130, 50],
    ],
    np.uint8,
)
"""RGB of the classes, again from the first when there are more."""


def largest_crop(sensor: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest centred (left, top, width, height) of a ``sensor`` (width, height) with the aspect of ``size``."""
    width = min(sensor[0], round(sensor[1] * size[0] / size[1]))
    height = min(sensor[1], round(sensor[0] * size[1] / size[0]))
    return (sensor[0] - width) // 2, (sensor[1] - height) // 2, width, height


def channels_first(output: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """An output of the sensor as the network's ``shape`` (C, H, W); ValueError when it holds another number of values.

    Cameras give channels first, or last, with or without the batch axis.
    """
    values = np.asarray(output)
    wanted = tuple(int(d) for d in shape)
    if values.ndim == len(wanted) + 1 and values.shape[0] == 1:
        values = values[0]
    if values.shape == wanted:
        return values
    if min(len(wanted), sum(d > 1 for d in wanted)) <= 1 and values.size == np.prod(wanted):
        return values.reshape(wanted)  # one axis holds all
    if len(wanted) == 2:
        if values.shape == wanted[::-1]:
            return values.T
        if values.shape == (*wanted, 1):
            return values[..., 0]
    if len(wanted) == 3:
        if values.shape == (*wanted[1:], wanted[0]):
            return values.transpose(2, 0, 1)
        if values.shape == (wanted[0], wanted[2], wanted[1]):
            return values.transpose(0, 2, 1)
        if wanted[0] == 1 and values.shape == wanted[1:]:
            return values[None]
    raise ValueError(
        f"the sensor's output is {values.shape}, the network's is {wanted}: another network is loaded"
    )


def class_mask(logits: np.ndarray, chosen: bool = False) -> np.ndarray:
    """Classes (H, W), uint8, of logits (C, H, W).

    One channel: 0 where the logit is above zero, ``BACKGROUND`` elsewhere. Several: the channel with the largest.
    ``chosen``: the values are classes already, (H, W) or (1, H, W), as an ArgMax in the network writes them.
    """
    if chosen:
        return np.rint(logits).reshape(logits.shape[-2:]).astype(np.uint8)
    if len(logits) == 1:
        return np.where(logits[0] > 0, 0, BACKGROUND).astype(np.uint8)
    return logits.argmax(0).astype(np.uint8)


def best(scores: np.ndarray, many: int = 3) -> list[tuple[int, float]]:
    """The classes with the largest scores, largest first, each with its score."""
    flat = np.asarray(scores, np.float64).ravel()
    return [(int(i), float(flat[i])) for i in np.argsort(-flat, kind="stable")[:many]]


def placed(mask: np.ndarray, size: tuple[int, int], place: tuple[int, int, int, int]) -> np.ndarray:
    """``mask`` over ``place`` (left, top, width, height) of an image of ``size`` (width, height), nearest neighbour.

    What of the place lies outside of the image is cut off.
    """
    left, top, width, height = place
    image = np.full((size[1], size[0]), BACKGROUND, np.uint8)
    x0, x1, y0, y1 = max(left, 0), min(left + width, size[0]), max(top, 0), min(top + height, size[1])
    if x0 >= x1 or y0 >= y1:
        return image
    columns = (np.arange(x0, x1) - left) * mask.shape[1] // width
    rows = (np.arange(y0, y1) - top) * mask.shape[0] // height
    image[y0:y1, x0:x1] = mask[np.ix_(rows, columns)]
    return image


def overlay(mask: np.ndarray, alpha: int = 150, background: int | None = None) -> np.ndarray:
    """RGBA (H, W, 4) of a mask: transparent where it is ``BACKGROUND``, or the class ``background``."""
    colours = np.zeros((*mask.shape, 4), np.uint8)
    inside = (mask != BACKGROUND) & (mask != (BACKGROUND if background is None else background))
    colours[inside, :3] = PALETTE[mask[inside] % len(PALETTE)]
    colours[inside, 3] = alpha
    return colours


def agreement(expected: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Largest and mean difference of two outputs of the same shape, and the share of values that are equal."""
    difference = np.abs(np.asarray(expected, np.float64) - np.asarray(found, np.float64))
    return {
        "largest": float(difference.max()),
        "mean": float(difference.mean()),
        "equal": float((difference == 0).mean()),
    }
