"""JSON that may be printed anywhere: a log, a terminal, a CI runner that reads commands.

What could act there is written as an escape of JSON's own, so that whoever
parses it gets the very characters: control, hidden and turned text (all that is
not ASCII), DEL, and the beginnings of workflow commands.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_ACTS: Final = re.compile(r"(?<=:):|(?<=#)#(?=\[|vso\[)|\x7f", re.IGNORECASE)
"""The second character of ``::`` and of ``##[``; they stand in strings only, as nothing else in JSON repeats a colon."""


def dumps(value: Any, *, sort_keys: bool = False) -> str:
    """``value`` as indented JSON without a final line break; ValueError for NaN and infinity, which JSON has not."""
    text = json.dumps(value, indent=2, sort_keys=sort_keys, allow_nan=False)
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
