"""Ask the front end about every probe, and write the answers: the evidence behind operators.toml.

python -m tools.probes.ask              asks what answers.json has not yet
python -m tools.probes.ask --all        asks everything again (about three minutes)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .families import all_probes
from .front_end import FrontEnd

ANSWERS = Path(__file__).with_name("answers.json")


def answers() -> dict[str, dict[str, Any]]:
    """What the front end said, by probe."""
    return json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}


def write(found: dict[str, dict[str, Any]]) -> None:
    """One probe a line, so that a changed answer is one line of a diff."""
    lines = [f"{json.dumps(k)}: {json.dumps(found[k])}" for k in sorted(found)]
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main() -> None:
    known = {} if "--all" in sys.argv else answers()
    probes = all_probes()
    front_end = FrontEnd()
    write({k: known.get(k) or front_end.judge(m) for k, m in probes.items()})


if __name__ == "__main__":
    main()
