"""What an input's shape says about how an image is laid out in it."""

from __future__ import annotations

from .ir import Shape

LIKELY_CHANNELS = frozenset({1, 3, 4})
"""Of an image: grey, RGB, RGB with one more."""


def looks_channels_last(shape: Shape | None) -> bool:
    """Whether (N, H, W, C) is meant where (N, C, H, W) is expected: channels of an image in the last place, and there alone."""
    if shape is None or len(shape) != 4:
        return False
    _, height, width, channels = shape
    return channels in LIKELY_CHANNELS and LIKELY_CHANNELS.isdisjoint((height, width))
