"""The output directory: written beside its place, then moved there in one step.

    .DIR.partial-xxxx/  ... files ...  manifest.json      os.replace ─►  DIR/

On failure nothing of it stays; the log goes to DIR.log.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..report.json_text import dumps
from ..runtime.files import read_text, umask
from ..runtime.scratch import abandoned, held, locked_directory
from ..version import __version__

MANIFEST = "manifest.json"
TOOLS = (
    "torch",
    "model-compression-toolkit",
    "mct-quantizers",
    "edge-mdt-tpc",
    "imx500-converter",
    "uni-pytorch",
    "sdspconv",
    "onnx",
    "onnxruntime",
    "numpy",
    "pillow",
)


def check_place(directory: Path, overwrite: bool) -> None:
    """ConfigError when ``directory`` cannot take a bundle: it exists, or is something else than one."""
    if not directory.exists() and not directory.is_symlink():
        return
    if not directory.is_dir() or directory.is_symlink():
        raise ConfigError(f"-o {directory}: is not a directory; choose another name")
    if not any(directory.iterdir()):
        return
    if not overwrite:
        raise ConfigError(f"-o {directory}: exists already; give --overwrite to replace it, or another name")
    if not is_bundle(directory):
        raise ConfigError(
            f"-o {directory}: holds other things than a build's output, so --overwrite leaves it alone; choose another name"
        )


def is_bundle(directory: Path) -> bool:
    """Whether ``directory`` holds a manifest of ours and only what it lists."""
    try:
        listed = json.loads(read_text(directory / MANIFEST))["files"]
        return set(files_of(directory)) <= {*listed, MANIFEST}
    except (ConfigError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def files_of(directory: Path) -> dict[str, Path]:
    """What is in ``directory`` that is no directory, and empty directories, by its path from there."""
    found = (
        p for p in sorted(directory.rglob("*")) if not p.is_dir() or p.is_symlink() or not any(p.iterdir())
    )
    return {p.relative_to(directory).as_posix(): p for p in found}


@contextlib.contextmanager
def atomic_directory(directory: Path) -> Iterator[Path]:
    """A directory to fill that becomes ``directory`` when the block ends well, and vanishes when not."""
    prefix = f".{directory.name}.partial-"
    stack = contextlib.ExitStack()
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        if held(directory.parent, prefix):
            raise ConfigError(
                f"-o {directory}: another build is making it; wait for that one, or choose another name"
            )
        _put_back(directory)
        made = stack.enter_context(locked_directory(directory.parent, prefix, prefix))
    except OSError as error:
        raise ConfigError(
            f"-o {directory}: nothing can be written there ({error.strerror or error})"
        ) from error
    with stack:
        yield made
        made.chmod(0o777 & ~umask())
        _move(made, directory)


def _put_back(directory: Path) -> None:
    """The earlier build, where a command was killed while it moved the next into its place."""
    for old in abandoned(directory.parent, f".{directory.name}.old-"):
        if directory.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(directory)


def _move(partial: Path, directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()):
        old = Path(tempfile.mkdtemp(prefix=f".{directory.name}.old-", dir=directory.parent))
        directory.replace(old)
        try:
            partial.replace(directory)
        except OSError:
            old.replace(directory)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        partial.replace(directory)


def write_manifest(directory: Path, facts: Mapping[str, Any]) -> None:
    """``manifest.json``: ``facts``, the tools' versions, and size and sha256 of every other file."""
    files = {
        name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for name, path in files_of(directory).items()
        if name != MANIFEST
    }
    write_json(directory / MANIFEST, {"schema_version": "1.0", **facts, "files": files})


def write_json(path: Path, value: Any) -> None:
    """``value`` as indented JSON; a figure that is infinite or NaN is null."""
    path.write_text(dumps(finite(value)) + "\n", encoding="utf-8")


def finite(value: Any) -> Any:
    """``value`` with None in place of every float that JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(one) for key, one in value.items()}
    return [finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def tool_versions(java: str) -> dict[str, str]:
    """Versions of everything that shapes the result; "absent" for what is not installed."""
    found = {"sensorfit": __version__, "python": platform.python_version(), "java": java}
    for name in TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
