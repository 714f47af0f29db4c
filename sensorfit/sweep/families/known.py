"""The built-in families by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import mobilenet, picosam, unet
from .option import Family

FAMILIES: Final[Mapping[str, Family]] = {f.name: f for f in (picosam.FAMILY, unet.FAMILY, mobilenet.FAMILY)}
