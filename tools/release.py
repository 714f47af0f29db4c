"""Whether a tag may be published: it names the version, and the changelog says what is in it.

python -m tools.release v0.1.0    exit 1 with what disagrees
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


def objection(tag: str, version_file: str, changelog: str) -> str:
    """What stands against publishing ``tag``; "" for nothing."""
    stated = VERSION.search(version_file)
    if stated is None:
        return "sensorfit/version.py states no version"
    version = stated[1]
    if tag != f"v{version}":
        return f"the tag is {tag}, the version {version}: tag v{version}, or change sensorfit/version.py"
    if not re.search(rf"^## {re.escape(version)}( |$)", changelog, re.MULTILINE):
        return f"CHANGELOG.md has no section '## {version}': give 'Unreleased' that name and the date"
    return ""


def main(argv: list[str]) -> None:
    """Command line."""
    if len(argv) != 1:
        sys.exit("usage: python -m tools.release TAG")
    read = [(ROOT / name).read_text(encoding="utf-8") for name in ("sensorfit/version.py", "CHANGELOG.md")]
    if said := objection(argv[0], *read):
        sys.exit(said)


if __name__ == "__main__":
    main(sys.argv[1:])
