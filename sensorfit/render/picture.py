"""Arrays as pictures for a page: PNG by zlib alone, masks as tints to lay over what they were found in."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

import numpy as np

TINTS: Final = np.array([(230, 159, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0), (240, 228, 66)], np.uint8)  # fmt: skip
"""Okabe and Ito, of class 1, 2, ...; class 0 is the ground and has none."""
STRENGTH: Final = 165
"""Of 255."""
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def png(pixels: np.ndarray) -> bytes:
    """``pixels`` (H, W, 3) or with opacity (H, W, 4), uint8, as a PNG file."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    lines = np.insert(np.ascontiguousarray(pixels).reshape(height, -1), 0, 0, axis=1)  # filter 0 of each line
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def address(pixels: np.ndarray) -> str:
    """The same as the address of an image on a page."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def tint(classes: np.ndarray) -> np.ndarray:
    """(H, W, 4), uint8, to lay over an image: places of class 1 and above in their tints, the ground clear."""
    shown = np.zeros((*classes.shape, 4), np.uint8)
    inside = classes > 0
    shown[inside, :3] = TINTS[(classes[inside].astype(np.int64) - 1) % len(TINTS)]
    shown[inside, 3] = STRENGTH
    return shown
