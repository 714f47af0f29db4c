"""A self-contained HTML file, which asks nothing of the network: sections of text and tables, and models to look at.

What the page holds is data: JSON in which ``<``, ``>`` and ``&`` are escaped, put on
the screen as text by ``page/*.js``. Nothing from a model is markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any, Final, NamedTuple

from .escape import markup, plain

_ESCAPED: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
SCRIPTS: Final = ("base", "charts", "graph", "plots", "tables", "page")
"""In the order in which they stand on the page."""

HELD: Final = ("lines", "rows", "points", "bars", "pictures")
"""What a section may hold; one with nothing of it is left out."""


class Head(NamedTuple):
    """What a page is about: its first line, its verdict, a sentence."""

    title: str
    verdict: str = ""
    text: str = ""


def listing(title: str, lines: Iterable[str]) -> dict[str, Any]:
    """A section of sentences."""
    return {"title": plain(title), "lines": [plain(line) for line in lines]}


def table(
    title: str, head: Sequence[str], rows: Iterable[Sequence[object]], note: str = ""
) -> dict[str, Any]:
    """A section with a table; numbers stand at the right."""
    cells = [[cell if isinstance(cell, (int, float)) else plain(cell) for cell in row] for row in rows]
    return {"title": plain(title), "head": [plain(h) for h in head], "rows": cells, "note": plain(note)}


class Point(NamedTuple):
    """A place in a scatter plot; ``group`` is the verdict that colours it, ``kind`` 0 a circle, 1 a square."""

    label: str
    x: float
    y: float
    group: str
    kind: int = 0


class Bar(NamedTuple):
    """A bar; those of one ``label`` stand together, those of one ``group`` have one colour."""

    label: str
    group: str
    value: float


def scatter(
    title: str, axes: tuple[str, str], points: Iterable[Point], line: tuple[float, str], note: str = ""
) -> dict[str, Any]:
    """A section with points over a logarithmic x; ``line`` stands at an x, with its words."""
    placed = [{**p._asdict(), "label": plain(p.label)} for p in points]
    drawn = {
        "points": placed,
        "x": axes[0],
        "y": axes[1],
        "log": True,
        "line": {"at": line[0], "text": line[1]},
    }
    return {"title": plain(title), "note": plain(note), **drawn}


def bars(title: str, unit: str, values: Iterable[Bar], note: str = "") -> dict[str, Any]:
    """A section with horizontal bars from zero, in ``unit``."""
    drawn = [{**b._asdict(), "label": plain(b.label), "group": plain(b.group)} for b in values]
    return {"title": plain(title), "note": plain(note), "unit": unit, "bars": drawn}


def pictures(
    title: str, rows: Iterable[tuple[str, str, Sequence[tuple[str, str]]]], note: str = ""
) -> dict[str, Any]:
    """A section with rows of pictures: a name, one image, and what is laid over it (words, image or "") side by side.

    Images are ``data:image/png`` addresses.
    """
    shown = [[plain(name), base, [[plain(w), over] for w, over in row]] for name, base, row in rows]
    return {"title": plain(title), "note": plain(note), "pictures": shown}


def document(
    title: str,
    models: Sequence[dict[str, Any]],
    sections: Sequence[dict[str, Any]] = (),
    head: Head | None = None,
) -> str:
    """The page called ``title``; of several models one is shown at a time, below the sections that hold anything."""
    held = [s for s in sections if any(s.get(kind) for kind in HELD)]
    about = {key: plain(value) for key, value in head._asdict().items()} if head else None
    data = {"head": about, "sections": held, "models": list(models)}
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for char, escape in _ESCAPED.items():
        text = text.replace(char, escape)
    script = "\n".join(_part(f"{name}.js") for name in SCRIPTS)
    parts = {"TITLE": markup(title), "CSS": _part("page.css"), "JS": script, "DATA": text}
    first, *rest = _part("page.html").split("@")  # one pass: a model's name may hold @JS@
    return first + "".join(parts.get(piece, piece) for piece in rest)


def _part(name: str) -> str:
    return (resources.files("sensorfit.render") / "page" / name).read_text(encoding="utf-8")
