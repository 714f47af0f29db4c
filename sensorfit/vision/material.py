"""The material that demo scenes are composed from: cut-outs with alpha, grounds, and which split each belongs to.

    DIR/material.json          what each file is, where it came from, its licence, its split
    DIR/objects/NNNN.webp      RGBA, at most OBJECT_SIDE pixels
    DIR/grounds/NNNN.jpg       RGB, at most GROUND_SIDE pixels

Split by group, so that two pictures of the same thing (a number or "mirror" apart, the dark and the light of one
wallpaper) never lie on both sides. A photograph is a cut-out with more than COLOURS distinct colours; only
photographs are validated and tested on, drawings are trained on.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from .. import toml
from ..errors import InputError
from ..runtime.extra import need
from ..runtime.files import read_text, write_text
from .debian import unpacked

OBJECT_SIDE: Final = 320
GROUND_SIDE: Final = 1024
COLOURS: Final = 6000
"""Distinct colours inside the mask that make a cut-out a photograph."""
SHORTEST: Final = 100
"""Pixels on the shorter side of a photograph; a drawing may have SHORTEST_DRAWING."""
SHORTEST_DRAWING: Final = 64
OPAQUE: Final = (0.08, 0.95)
"""Share of a cut-out's pixels that its mask covers."""
TENTHS: Final = {"test": (0, 1), "val": (2,)}
"""Of the groups, by their hash; the rest is trained on."""
EMOJI_EVERY: Final = 3
"""Of a font's bitmaps one in so many is taken: most differ from a neighbour by a skin tone."""
FILE: Final = "material.json"
_SAME = re.compile(
    r"(mirror|flip|left|right|front|back|closed|open|male|female|[-_ ][a-z]$|[-_ ][ld]$|\d+|[-_ .])", re.I
)


@dataclass(frozen=True)
class Piece:
    """One file of the material. ``kind`` is photo, drawing or ground; ``split`` train, val or test."""

    file: str
    kind: str
    split: str
    source: str
    """PACKAGE:PATH of the original."""
    licence: str


def make_material(directory: Path, cache: Path) -> list[Piece]:
    """Fetch the packages of ``material.toml`` into ``cache`` and write the material to ``directory``."""
    pieces: list[Piece] = []
    for package, row in toml.table(Path(__file__).with_name("material.toml")).items():
        place = unpacked(package, cache)
        for name, image in _images(place / row["folder"], row):
            piece = _kept(directory, len(pieces), package, name, image, row)
            if piece is not None:
                pieces.append(piece)
    write_text(directory / FILE, json.dumps([asdict(p) for p in pieces], indent=1) + "\n")
    return pieces


def read_material(directory: Path) -> list[Piece]:
    """The pieces that ``directory`` lists; InputError for what is no material."""
    try:
        return [Piece(**row) for row in json.loads(read_text(directory / FILE))]
    except (ValueError, TypeError) as error:
        raise InputError(f"{directory / FILE}: is not a list of material ({error})") from None


def is_material(directory: Path) -> bool:
    """Whether ``directory`` was made by ``make_material``."""
    return (directory / FILE).is_file()


def group_of(name: str) -> str:
    """What pictures of the same thing share: the path without numbers, sides, and the light or dark of a pair."""
    path = Path(name)
    if "contents" in path.parts:  # a KDE wallpaper is a folder, its pictures sizes of one
        return path.parts[0].lower()
    return _SAME.sub("", path.stem).lower() or path.stem.lower()


def split_of(group: str) -> str:
    """train, val or test, by the group's hash alone."""
    tenth = int(hashlib.sha256(group.encode()).hexdigest(), 16) % 10
    return next((split for split, tenths in TENTHS.items() if tenth in tenths), "train")


def _images(folder: Path, row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(name, PIL image) of what a package offers, by name; one of each wallpaper's sizes."""
    pil = need("PIL.Image", "pillow")
    if row["kind"] == "font":
        yield from _bitmaps(folder)
        return
    seen: set[str] = set()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
            continue
        if (drop := row.get("drop")) and re.search(drop, name):
            continue
        if (only := row.get("only")) and only not in f"/{name}":
            continue
        if "contents" in path.parts and (wallpaper := Path(name).parts[0]) in seen:
            continue
        elif "contents" in path.parts:
            seen.add(wallpaper)
        try:
            with pil.open(path) as image:
                image.load()
                yield name, image
        except (OSError, ValueError):
            continue


def _bitmaps(folder: Path) -> Iterator[tuple[str, Any]]:
    pil, fonts = need("PIL.Image", "pillow"), need("fontTools.ttLib", "fonttools")
    for file in sorted(folder.rglob("*.ttf")):
        bitmaps = fonts.TTFont(file)["CBDT"].strikeData[0]
        for name in sorted(bitmaps)[::EMOJI_EVERY]:
            with pil.open(io.BytesIO(bitmaps[name].imageData)) as image:
                yield f"{file.name}/{name}", image.convert("RGBA")


def _kept(
    directory: Path, number: int, package: str, name: str, image: Any, row: dict[str, Any]
) -> Piece | None:
    """Write ``image`` down-sized; None where it is of no use."""
    ground = row["kind"] == "ground"
    if ground:
        kind, image = "ground", image.convert("RGB")
        if min(image.size) < 300:
            return None
    else:
        image = image.convert("RGBA")
        found = _cut_out(np.asarray(image), name)
        if found is None:
            return None
        kind, box = found
        image = image.crop(box)
    group = group_of(name)
    split = split_of(group) if row["role"] == "all" and kind != "drawing" else "train"
    side = GROUND_SIDE if ground else OBJECT_SIDE
    image.thumbnail((side, side))
    file = f"{'grounds' if ground else 'objects'}/{number:04d}.{'jpg' if ground else 'webp'}"
    (directory / file).parent.mkdir(parents=True, exist_ok=True)
    if ground:
        image.save(directory / file, quality=88)
    else:
        image.save(directory / file, quality=90, method=4)
    return Piece(file, kind, split, f"{package}:{row['folder']}/{name}", row["licence"])


def _cut_out(pixels: np.ndarray, name: str) -> tuple[str, tuple[int, int, int, int]] | None:
    """(photo or drawing, box of its mask) of an RGBA image; None where its mask is too small or all of it."""
    mask = pixels[..., 3] > 127
    share = mask.mean()
    if not OPAQUE[0] < share < OPAQUE[1] or min(mask.shape) < SHORTEST_DRAWING:
        return None
    colours = len(np.unique(pixels[mask][:, :3], axis=0))
    photo = (
        colours > COLOURS
        and min(mask.shape) >= SHORTEST
        and "cartoon" not in name
        and "portraits" not in name
    )
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return ("photo" if photo else "drawing"), (
        int(columns[0]),
        int(rows[0]),
        int(columns[-1]) + 1,
        int(rows[-1]) + 1,
    )
