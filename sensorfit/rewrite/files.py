"""The files that ``fix`` writes: made in a directory beside the output, moved there at the end, so that none is ever half there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx

from ..errors import ConfigError
from ..runtime.files import check_output, shown, umask
from ..runtime.scratch import locked_directory

HOST, PREPARE = "host.onnx", "prepare.onnx"
PART_OF: Final = "sensorfit.part_of"
SCRATCH: Final = ".sensorfit-fix-"
MOST_BYTES: Final = 2**31 - 1
"""Of a file that protobuf reads."""


@dataclass(frozen=True)
class Files:
    """Where the parts go; None where nothing is written."""

    output: Path | None
    host: Path | None = None
    prepare: Path | None = None

    @classmethod
    def beside(cls, output: Path | None, source: object, cut: bool) -> Files:
        """For ``output``; ConfigError where one of them is no place for a file, or is what is read."""
        files = cls(output)
        if output is not None and cut:
            files = cls(output, _place(output, HOST), _place(output, PREPARE))
            if output.name in (HOST, PREPARE):
                raise ConfigError(
                    f"{shown(output)}: is what --cut calls the part that it leaves to the host; choose another name"
                )
        for path in (files.output, files.host, files.prepare):
            if path is not None:
                check_output(path, [source] if isinstance(source, Path) else [], text=False)
        return files

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A directory beside the output, so that a file moves there in one step; gone at the end, and what killed runs left with it."""
        parent = Path(tempfile.gettempdir()) if self.output is None else self.output.parent
        with ExitStack() as stack:
            try:
                folder = stack.enter_context(locked_directory(parent, SCRATCH, SCRATCH))
            except OSError as error:
                raise ConfigError(f"{shown(self.output)}: cannot be written ({error.strerror})") from None
            yield folder


def _place(output: Path, name: str) -> Path:
    """Where a part of ``output`` goes: over its own of an earlier run, never over that of another network (host-2.onnx then)."""
    place, number = output.with_name(name), 1
    while place.exists() and part_of(place) != output.name:
        number += 1
        place = output.with_name(f"{Path(name).stem}-{number}.onnx")
    return place


def sign(part: Path, output: Path) -> None:
    """Write into the file of a part which network it belongs to: fields of protobuf messages that follow each other are one."""
    note = onnx.ModelProto()
    note.metadata_props.add(key=PART_OF, value=output.name)
    with part.open("ab") as file:
        file.write(note.SerializeToString())


def part_of(part: Path) -> str:
    """The network that a file is a part of; "" for any other file."""
    try:
        if not part.is_file() or part.stat().st_size > MOST_BYTES:
            return ""
        found = onnx.load(part, load_external_data=False)
    except Exception:  # no model at all: nothing of ours
        return ""
    return next((p.value for p in found.metadata_props if p.key == PART_OF), "")


def put(made: Mapping[Path | None, Path]) -> None:
    """Move every file that was made to its place, which keeps the mode that it has: all of them, or none.

    What stood there waits beside the new files until the last one is in place.
    """
    places = {to: file for to, file in made.items() if to is not None}
    there = {to: file.with_name(f"{file.name}.before") for to, file in places.items() if to.exists()}
    done: list[Path] = []
    try:
        for to, file in places.items():
            file.chmod(to.stat().st_mode & 0o777 if to in there else 0o666 & ~umask())
            if to in there:
                to.replace(there[to])
            file.replace(to)
            done.append(to)
    except OSError as error:
        for moved in done:
            moved.unlink()
        for place, before in there.items():
            if before.exists():
                before.replace(place)
        raise ConfigError(f"{shown(to)}: cannot be written ({error.strerror}); nothing was") from None
