"""``DIR.unfinished/``: the quantized network of a build whose converter ran out of time; the same command goes on from it.

    MCT ─► DIR.unfinished/ ─► imxconv-pt, with more time ─► DIR/

The same network, images, options, seed and tools give the same quantized network, byte for byte: they are the ``key`` here, so a
build that finds its own key has nothing to quantize. ``DIR`` itself is complete or not there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError, SensorfitError
from ..runtime.files import read_text
from . import bundle

FACTS: Final = "unfinished.json"


def folder(directory: Path) -> Path:
    """Where what is left of the build of ``directory`` lies."""
    return directory.with_name(f"{directory.name}.unfinished")


def key_of(float_graph: Path, facts: Mapping[str, Any]) -> str:
    """A hash of all that decides the quantized network: the float one and ``facts``."""
    digest = hashlib.sha256(float_graph.read_bytes())
    digest.update(json.dumps(bundle.finite(facts), sort_keys=True).encode())
    return digest.hexdigest()


def keep(files: tuple[Path, ...], directory: Path, key: str, saturated: tuple[str, ...]) -> Path | None:
    """Keep ``files`` beside ``directory``; None where something else than an unfinished build has that name."""
    place = folder(directory)
    if (place.exists() or place.is_symlink()) and not _ours(place):
        return None
    with suppress(SensorfitError, OSError):  # the build's own error says more
        remove(directory)
        with bundle.atomic_directory(place) as made:
            for file in files:
                shutil.copyfile(file, made / file.name)
            hashes = {file.name: _sha256(file) for file in files}
            bundle.write_json(made / FACTS, {"key": key, "saturated": list(saturated), "files": hashes})
        return place
    return None


def take(out: Path, directory: Path, key: str) -> tuple[str, ...] | None:
    """Copy what was kept under ``key`` to ``out``; the tensors whose range was cut, or None where nothing was."""
    place = folder(directory)
    facts = _facts(place)
    if facts is None or facts["key"] != key:
        return None
    with suppress(OSError):
        if any(_sha256(place / name) != digest for name, digest in facts["files"].items()):
            return None
        for name in facts["files"]:
            shutil.copyfile(place / name, out / name)
        return tuple(map(str, facts["saturated"]))
    return None


def remove(directory: Path) -> None:
    """Remove what an earlier attempt left."""
    if _ours(place := folder(directory)):
        shutil.rmtree(place, ignore_errors=True)


def _ours(place: Path) -> bool:
    return _facts(place) is not None


def _facts(place: Path) -> dict[str, Any] | None:
    """What ``FACTS`` says, where the folder holds that and the files it lists and nothing else, none of them a link."""
    try:
        if place.is_symlink() or not place.is_dir():
            return None
        found: dict[str, Any] = json.loads(read_text(place / FACTS))
        held = bundle.files_of(place)
        kinds = {"key": str, "files": dict, "saturated": list}
        complete = all(isinstance(found[name], kind) for name, kind in kinds.items())
        complete = complete and set(held) == {FACTS, *found["files"]}
        return found if complete and not any(f.is_symlink() for f in held.values()) else None
    except (ConfigError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
