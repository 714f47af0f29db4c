"""What the converter tells the sensor to do, in bytes: its memory report leaves these out, and its back end has room for so many."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from ..target import Target, read_facts

PARTS: Final = ("cfgA.bin", "cfgC.bin")
"""The files of a package that hold the commands; the second takes what the first has no room for, and is 4 B where that is nothing."""
EMPTY: Final = 4


def command_bytes(package: Path) -> int:
    """Bytes of commands in ``packerOut.zip``; 0 where it holds none under the names known."""
    with zipfile.ZipFile(package) as archive:
        sizes = (i.file_size for i in archive.infolist() if i.filename in PARTS)
        return sum(size for size in sizes if size != EMPTY)


def command_room(target: Target) -> int:
    """Bytes that the commands of a network may take, about."""
    room: int = read_facts("operators", target)["operators"]["Conv"]["commands"]["room"]
    return room
