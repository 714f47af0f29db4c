"""Calibration images in the formats cameras and cut-outs come in, as values in [0, 1].

Each form of pixel is scaled by what its format says is white, or refused:
Pillow's own conversion clips 16 bits at 255, and a floating-point file states no
white at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..errors import InputError
from ..runtime.extra import need

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".pgm", ".tif", ".tiff"})
LEFT_OUT: Final = frozenset(
    {
        ".gif",
        ".heic",
        ".heif",
        ".avif",
        ".jxl",
        ".jp2",
        ".exr",
        ".hdr",
        ".dng",
        ".cr2",
        ".cr3",
        ".nef",
        ".arw",
        ".npy",
        ".npz",
    }
)
"""Images too, which are not read here."""
FORMATS: Final = ("JPEG", "PNG", "BMP", "WEBP", "PPM", "TIFF")
"""What is decoded, whatever the file is called: Pillow would hand PostScript to an interpreter."""
EIGHT_BITS: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV"})
"""Pillow's modes that it converts rightly."""
MODES: Final = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Pillow's, by the channels that a network takes."""
TRANSPARENT: Final = ("LA", "RGBA")
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO, _SAMPLE_FORMAT, _SIGNED = 258, 262, 0, 339, 2


def pixels_of(path: Path, channels: int, height: int, width: int, cut: Any) -> np.ndarray:
    """The part ``cut(width, height)`` of the image in ``path``, resized, as (channels, height, width) in [0, 1].

    RGB for three channels, grey for one; of two or four, grey or RGB with the transparency that the file has to have.
    InputError for what is no image, none of so many channels, or none whose white is known; ValueError of ``cut`` as one too.
    """
    if channels not in MODES:
        raise InputError(
            f"{path}: an image has at most 4 channels, the network takes {channels}: leave --calib out"
        )
    image = _opened(path, MODES[channels])
    try:
        part = cut(*image.size)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    resampling = need("PIL.Image", "pillow").Resampling.BILINEAR
    bands = [
        band.resize((width, height), resampling, box=part) for band in image.split()
    ]  # else transparency weighs
    pixels = np.stack([np.asarray(band, np.float32) for band in bands], -1)
    if image.mode == "F":  # in [0, 1] already
        return np.repeat(pixels.reshape(1, height, width), channels, axis=0)
    return np.ascontiguousarray(pixels.reshape(height, width, channels).transpose(2, 0, 1) / 255)


def _opened(path: Path, mode: str) -> Image:
    """The image in ``mode``, or in Pillow's F with values in [0, 1] where it has 16 bits."""
    pil, ops = need("PIL.Image", "pillow"), need("PIL.ImageOps", "pillow")
    try:
        with pil.open(path, formats=FORMATS) as image:
            white = _white(image, path)
            upright = ops.exif_transpose(image)
            if mode in TRANSPARENT and "A" not in image.getbands() and "transparency" not in image.info:
                raise InputError(
                    f"{path}: has no transparency, which the network's {len(mode)} channels need beside "
                    f"{'grey' if mode == 'LA' else 'RGB'}: give such images, or leave --calib out"
                )
            if white is None:
                return upright.convert(mode)
            return pil.fromarray(np.asarray(upright, np.float32) / np.float32(white))
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{path}: is not an image that can be read ({error}); calibration takes {', '.join(FORMATS)}"
        ) from None


def _white(image: Any, path: Path) -> int | None:
    """The largest value of grey in more than 8 bits; None where Pillow converts."""
    tags = getattr(image, "tag_v2", {})
    signed = _SIGNED in tags.get(
        _SAMPLE_FORMAT, ()
    )  # 127 would be a grey: Pillow reads eight such bits as unsigned
    if image.mode in EIGHT_BITS and not signed:
        return None
    if image.mode.startswith("I;16") and not signed and tags.get(_PHOTOMETRIC) != _WHITE_IS_ZERO:
        return int(2 ** tags.get(_BITS_PER_SAMPLE, (16,))[0] - 1)
    if image.mode == "I" and image.format in ("PNG", "PPM"):  # Pillow has scaled them
        return 2**16 - 1
    kind = {"F": "floating-point values", "I": "32-bit integers"}.get(
        image.mode, "signed integers" if signed else f"pixels of mode {image.mode}"
    )
    raise InputError(
        f"{path}: holds {kind}, whose white the file does not say; save it as 8- or 16-bit PNG, white being the largest value"
    )
