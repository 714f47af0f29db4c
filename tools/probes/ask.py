"""Ask the front end about every probe, and write the answers: the evidence behind operators.toml.

python -m tools.probes.ask                     asks what answers.json has not yet
python -m tools.probes.ask --all               asks everything again (about three minutes)
python -m tools.probes.ask --converter 3.18.2  asks another converter about everything, those of tests/data/operators
                                               too: prints what it answers otherwise, writes answers-3.18.2.json
                                               and the rows of operators it does not know into versions.toml

Another converter runs in an environment of its own: the one of ``--python``, else one that is made below ``--cache``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from . import versions
from .families import all_probes
from .front_end import FrontEnd

ANSWERS = Path(__file__).with_name("answers.json")


def answers() -> dict[str, dict[str, Any]]:
    """What the front end said, by probe."""
    return json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}


def write(found: dict[str, dict[str, Any]], file: Path = ANSWERS) -> None:
    """One probe a line, so that a changed answer is one line of a diff."""
    lines = [f"{json.dumps(k)}: {json.dumps(found[k])}" for k in sorted(found)]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--converter", metavar="X.Y.Z")
    parser.add_argument(
        "--python", type=Path, metavar="FILE", help="interpreter of that converter's environment"
    )
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "sensorfit" / "converters")
    given = parser.parse_args()
    if given.converter:
        python = given.python or versions.environment(given.converter, given.cache)
        changed = versions.changed(answers(), versions.ask(python))
        write(changed, versions.answers_file(given.converter))
        print(versions.summary(changed))
        if versions.write_rows(given.converter, versions.front_end_version(python), changed):
            print(
                f"{versions.ROWS}: rows written; add what is said above of forms that it refuses, as keys of their rows"
            )
        return
    known = {} if given.all else answers()
    probes = all_probes()
    front_end = FrontEnd()
    write({k: known.get(k) or front_end.judge(m) for k, m in probes.items()})


if __name__ == "__main__":
    main()
