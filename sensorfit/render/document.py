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
SCRIPTS: Final = ("base", "charts", "graph", "tables", "page")
"""In the order in which they stand on the page."""


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
    """A section with a table; numbers stand at the right, an image's address becomes the image."""
    cells = [[cell if isinstance(cell, (int, float)) else plain(cell) for cell in row] for row in rows]
    return {"title": plain(title), "head": [plain(h) for h in head], "rows": cells, "note": plain(note)}


def document(
    title: str,
    models: Sequence[dict[str, Any]],
    sections: Sequence[dict[str, Any]] = (),
    head: Head | None = None,
) -> str:
    """The page called ``title``; of several models one is shown at a time, below the sections that hold anything."""
    held = [s for s in sections if s.get("lines") or s.get("rows") or s.get("points")]
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
