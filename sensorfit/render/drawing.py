"""Drawings for papers: matplotlib (extra ``plot``), the same bytes for the same figures.

Neither the user's matplotlibrc nor the day enters a file, and no name is read as mathematics.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError, MissingDependency
from ..runtime.files import shown, write_bytes

FORMATS: Final = (".svg", ".png", ".pdf")
_METADATA: Final[dict[str, dict[str, Any]]] = {
    "svg": {"Date": None, "Creator": "sensorfit"},
    "pdf": {"CreationDate": None, "Creator": "sensorfit", "Producer": "sensorfit"},
    "png": {"Software": "sensorfit"},
}
_DOTS: Final = 200


def check_drawing(file: str) -> None:
    """ConfigError for a name that ends in no format; MissingDependency without matplotlib. To be asked before the work."""
    if Path(file).suffix.lower() not in FORMATS:
        raise ConfigError(
            f"--plot {shown(file)}: the name ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        )
    try:
        there = find_spec("matplotlib") is not None
    except ValueError:  # taken out of sys.modules
        there = False
    if not there:
        raise MissingDependency('--plot needs matplotlib: pip install "sensorfit[plot]"')


def save(file: str, size: tuple[float, float], draw: Callable[[Any], None], points: float = 10) -> None:
    """What ``draw`` puts on a figure of ``size`` inches, in letters of ``points``, written to ``file`` in the format of its name."""
    check_drawing(file)
    import matplotlib
    from matplotlib.figure import Figure

    form = Path(file).suffix[1:].lower()
    written = BytesIO()
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that the font lacks is drawn as a box
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {"svg.hashsalt": "sensorfit", "text.parse_math": False, "font.size": points}
        )
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(written, format=form, metadata=_METADATA[form], dpi=_DOTS)
    write_bytes(Path(file), written.getvalue())
