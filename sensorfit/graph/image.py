"""What an input's shape says about how an image is laid out in it."""

from __future__ import annotations

from collections.abc import Mapping

from .ir import Shape

LIKELY_CHANNELS = frozenset({1, 3, 4})
"""Of an image: grey, RGB, RGB with one more."""


def looks_channels_last(shape: Shape | None) -> bool:
    """Whether (N, H, W, C) is meant where (N, C, H, W) is expected: channels of an image in the last place, and there alone."""
    if shape is None or len(shape) != 4:
        return False
    _, height, width, channels = shape
    return channels in LIKELY_CHANNELS and LIKELY_CHANNELS.isdisjoint((height, width))


def no_single_image(dimensions: Mapping[str, int]) -> str:
    """Why inputs, each with its number of dimensions, are not the one image that the sensor feeds; "" where they are."""
    if len(dimensions) != 1:
        return (
            f"has {len(dimensions)} inputs ({', '.join(dimensions)}), the sensor feeds one image: make constants of the others, "
            "or leave the part that needs them to the host"
        )
    ((name, count),) = dimensions.items()
    if count != 4:
        return (
            f"input '{name}' has {count} dimensions, the sensor delivers an image (1, channels, height, width): "
            "do the reshape inside the network"
        )
    return ""
