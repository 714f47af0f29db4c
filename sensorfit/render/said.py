"""Sentences on standard error: what went wrong, what was written."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from textwrap import wrap

from .escape import plain  # a message may quote a model


def say(message: str) -> None:
    """``sensorfit: message``: one line where somebody reads it by machine, lines of whole words on a terminal."""
    text = f"sensorfit: {plain(message)}"
    if sys.stderr.isatty():
        text = "\n".join(
            wrap(text, get_terminal_size().columns, break_long_words=False, break_on_hyphens=False)
        )
    print(text, file=sys.stderr)
