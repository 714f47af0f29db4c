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
    return aspect_roi(box, width, height, 1.0, pad)


def aspect_roi(
    box: tuple[float, float, float, float], width: int, height: int, aspect: float, pad: float = PAD
) -> tuple[int, int, int, int]:
    """As ``square_roi``, with ``aspect`` times as many columns as rows: the crop for an input that is no square."""
    x, y, w, h = box
    if not (w > 0 and h > 0) or x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise ValueError(f"box {box} has no area inside the {width}x{height} image")
    wide = min(max(w, h * aspect) * (1 + 2 * pad), width, height * aspect)
    columns = max(1, min(ceil(wide - 1e-9), width))
    rows = max(1, min(ceil(wide / aspect - 1e-9), height))
    left = floor(x + w / 2 - columns / 2 + 0.5)
    top = floor(y + h / 2 - rows / 2 + 0.5)
    left = min(max(left, 0), width - columns)
    top = min(max(top, 0), height - rows)
    return left, top, left + columns, top + rows


def centre_square(width: int, height: int) -> tuple[int, int, int, int]:
    """The largest centred square (left, top, right, bottom)."""
    return centre_crop(width, height, 1.0)


def centre_crop(width: int, height: int, aspect: float) -> tuple[int, int, int, int]:
    """The largest centred crop (left, top, right, bottom) with ``aspect`` times as many columns as rows."""
    columns = max(1, min(width, round(height * aspect)))
    rows = max(1, min(height, round(width / aspect)))
    left, top = (width - columns) // 2, (height - rows) // 2
    return left, top, left + columns, top + rows
