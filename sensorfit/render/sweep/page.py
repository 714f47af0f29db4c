"""A sweep as one page: a self-contained HTML file in the style of a check's, which asks nothing of the network.

The rows are data: JSON in which ``<``, ``>`` and ``&`` are escaped, put on the screen as text by ``page/sweep.js``.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

from ...sweep.result import Sweep
from ...sweep.space import FIGURES
from ..escape import markup, plain

_ESCAPED: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>@TITLE@</title>
<style>
@CSS@
</style>
</head>
<body>
<main id="page">
<noscript><p>@TITLE@. The charts and tables of this page are drawn by JavaScript.</p></noscript>
</main>
<script type="application/json" id="data">@DATA@</script>
<script>
@JS@
</script>
</body>
</html>
"""
NOTES: Final = (
    "Bytes are predicted as check predicts them; milliseconds are an estimate with its interval, good for comparing networks.",
)
UNTRAINED: Final = "Nothing here was trained: a candidate that fits may still segment badly."
TRAINED: Final = (
    "accuracy is known of the candidates that were measured. A short training ranks roughly, and favours networks that learn"
    " quickly."
)


def render(found: Sweep) -> str:
    """The page of a finished sweep."""
    text = json.dumps(_data(found), ensure_ascii=True, separators=(",", ":"))
    for char, escape in _ESCAPED.items():
        text = text.replace(char, escape)
    parts = {"TITLE": markup(_title(found)), "CSS": _part("page.css"), "JS": _part("sweep.js"), "DATA": text}
    first, *rest = _PAGE.split("@")  # one pass: a value may hold @JS@
    return first + "".join(parts.get(piece, piece) for piece in rest)


def _part(name: str) -> str:
    return (resources.files("sensorfit.render") / "page" / name).read_text(encoding="utf-8")


def _title(found: Sweep) -> str:
    return f"{plain(found.space.family)}: {len(found.front)} of {found.candidates:,} candidates on the front"


def _data(found: Sweep) -> dict[str, Any]:
    columns = [*found.columns]
    place = {row["candidate"]: index for index, row in enumerate(found.shown)}
    goals = ", ".join(map(str, found.space.objectives))
    kept = "; ".join(e.text for e in found.space.constraints) or "none"
    return {
        "title": _title(found),
        "about": plain(f"Objectives: {goals}. Constraints: {kept}."),
        "shown": f"{found.feasible:,} feasible. Shown: {len(found.shown):,} candidates, the front among them.",
        "directory": plain(str(found.directory)),
        "columns": columns,
        "kinds": {name: "number" if kind in (int, float) else "text" for name, kind in found.columns.items()},
        "rows": [[_cell(row.get(name)) for name in columns] for row in found.shown],
        "front": [place[row["candidate"]] for row in found.front],
        "objectives": [o.figure for o in found.space.objectives],
        "parameters": [p.name for p in found.space.parameters],
        "budget": found.budget_bytes,
        "notes": [*NOTES, TRAINED if "accuracy" in columns else UNTRAINED],
        "figures": [*FIGURES],
    }


def _cell(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value
