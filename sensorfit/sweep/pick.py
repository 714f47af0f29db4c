"""``pick``: a candidate of a finished sweep as an ONNX file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import onnx

from ..errors import ConfigError, ModelError
from ..runtime.files import check_output
from .builder import draw, made_by
from .families.known import FAMILIES
from .read import parse_space
from .space import Space
from .store import SPACE, TABLE, arrow, read_manifest
from .weights import at_random

FOLDER: Final = "trained"
TRAINED: Final = "trained.onnx"


def space_of(directory: Path) -> Space:
    """The space that was swept into ``directory``; its source is the file that was read then."""
    asked = read_manifest(directory)["asked"]
    from ..runtime.files import read_text

    return parse_space(read_text(directory / SPACE), str(asked.get("source", directory / SPACE)))


def row_of(directory: Path, number: int) -> dict[str, Any]:
    """The row of candidate ``number``; ConfigError where there is none."""
    table = directory / TABLE
    if not table.is_file():
        raise ConfigError(f"{directory}: the sweep is not done; run it again to its end")
    found = arrow().parquet.read_table(table, filters=[("candidate", "=", number)]).to_pylist()
    if not found:
        count = arrow().parquet.read_metadata(table).num_rows
        raise ConfigError(f"{directory}: there is no candidate {number}; they go from 0 to {count - 1}")
    return dict(found[0])


def chosen_of(space: Space, row: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a row, as the builder takes them."""
    chosen: dict[str, Any] = dict(space.fixed)
    for parameter in space.parameters:
        value = row[parameter.name]
        if value is None:
            continue
        if parameter.finite:  # a column has one type: a size of 96 beside "96x128" is text there
            value = next((v for v in parameter.values if v == value or str(v) == value), value)
        chosen[parameter.name] = value
    return chosen


def model_of(space: Space, chosen: Mapping[str, Any], seed: int = 0) -> onnx.ModelProto | Path:
    """The network: a built-in family's with random weights of ``seed``, the user's builder's as it comes."""
    if space.family not in FAMILIES:
        return made_by(space.family, str(Path(space.source).absolute().parent), chosen, space.input)
    return draw(space.family, chosen).model(at_random(seed))


def trained(directory: Path, number: int) -> Path:
    """Where the network of a candidate lies that ``--accuracy train`` has trained."""
    return directory / FOLDER / str(number) / TRAINED


def pick(
    directory: str | Path, number: int, output: str | Path, seed: int = 0, fresh: bool = False
) -> dict[str, Any]:
    """Write candidate ``number`` to ``output``; its row. A built-in family's network has the weights that it was trained
    to in this sweep; without, or ``fresh``, random ones of ``seed``."""
    place, folder = Path(output), Path(directory)
    row = row_of(folder, number)
    check_output(place, text=False)
    if not fresh and (kept := trained(folder, number)).is_file():
        shutil.copyfile(kept, place)
        return row
    space = space_of(folder)
    try:
        made = model_of(space, chosen_of(space, row), seed)
    except Exception as error:
        raise ModelError(f"{folder}: candidate {number} cannot be made ({error})") from error
    if isinstance(made, onnx.ModelProto):
        onnx.save(made, str(place))
    else:
        shutil.copyfile(made, place)
    return row
