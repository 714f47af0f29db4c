"""What the buffers of one step need together."""

from __future__ import annotations

from collections.abc import Sequence

from .layout import round_up


def needed_bytes(sizes: Sequence[int], align: int) -> int:
    """Bytes that buffers of these ``sizes`` take side by side, each starting on a multiple of ``align``.

    The smallest lies last, so that its end is not rounded up.
    """
    if not sizes:
        return 0
    smallest = min(sizes)
    return sum([-(-size // align) for size in sizes]) * align - round_up(smallest, align) + smallest
