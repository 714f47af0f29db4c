"""docs/sweep.md: the built-in families' parameters, as the code has them.

python -m tools.sweep_docs [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sensorfit.render.sweep.families import markdown
from sensorfit.sweep.families.known import FAMILIES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "sweep.md"


def page(text: str) -> str:
    """``text`` with the families as they are."""
    tables = f"<!-- families -->\n{markdown(FAMILIES.values())}<!-- /families -->"
    return re.sub(r"<!-- families -->.*?<!-- /families -->", lambda _: tables, text, flags=re.S)


def main() -> int:
    """Write the page, or say whether it is up to date."""
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if "--check" in sys.argv[1:]:
        return int(old != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
