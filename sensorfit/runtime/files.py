"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..errors import ConfigError


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in one step; ConfigError when the directory cannot take it."""
    try:
        place = path.resolve()  # through a link to what it names
        if place.exists() and not place.is_file():  # /dev/stdout, a pipe: nothing to replace
            place.write_text(text, encoding="utf-8")
            return
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            temporary.chmod(0o666 & ~umask())
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror or error})") from None


def umask() -> int:
    """The permission bits that this process leaves out of new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
