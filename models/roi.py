"""The region of interest PicoSAM3 sees: a box, padded by 10 %, squared, inside the image.

    grow      each side moves out by PAD of the box's own width or height
    square    the shorter side grows about the centre to the longer
    shift     a square that reaches over the border moves back inside
    shrink    a square longer than the image's shorter side becomes that side

The crop is therefore always real pixels, never padding.
"""

from __future__ import annotations

from math import ceil, floor

PAD = 0.10
"""Share of the box's width or height added on every side. The PicoSAM recipe pads "by 10 %";
whether a side or in all is our reading of it."""


def square_roi(
    box: tuple[float, float, float, float], width: int, height: int, pad: float = PAD
) -> tuple[int, int, int, int]:
    """Pixel square (left, top, right, bottom) for a COCO ``box`` (x, y, w, h) in a ``width`` x ``height`` image.

    ValueError for a box without area or wholly outside the image.
    """
    x, y, w, h = box
    if not (w > 0 and h > 0) or x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise ValueError(f"box {box} has no area inside the {width}x{height} image")
    side = min(max(w, h) * (1 + 2 * pad), width, height)
    size = max(1, min(ceil(side - 1e-9), width, height))
    left = floor(x + w / 2 - size / 2 + 0.5)
    top = floor(y + h / 2 - size / 2 + 0.5)
    left = min(max(left, 0), width - size)
    top = min(max(top, 0), height - size)
    return left, top, left + size, top + size


def centre_square(width: int, height: int) -> tuple[int, int, int, int]:
    """The largest centred square (left, top, right, bottom)."""
    size = min(width, height)
    left, top = (width - size) // 2, (height - size) // 2
    return left, top, left + size, top + size
