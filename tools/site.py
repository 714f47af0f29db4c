"""What the site is built from: docs/ with the pages that stand elsewhere, every rule in the navigation.

python -m tools.site            fills build/site and writes build/mkdocs.yml
python -m tools.site --build    then builds build/html, any warning an error (extra `docs`)
SENSORFIT_REPOSITORY=URL        links files that are no pages to the repository; without it their names stand as text

A link that leads to no file of the repository is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sensorfit.verify import catalogue

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "site"
CONFIG = ROOT / "build" / "mkdocs.yml"
ELSEWHERE = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
"""Pages of the site that are files of the repository outside docs/."""
LINK = re.compile(r"(!?)\[([^\]\n]*)\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")


def main(argv: list[str]) -> None:
    """Command line."""
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SITE)
    for page, source in ELSEWHERE.items():
        shutil.copyfile(ROOT / source, SITE / page)
    wrong: list[str] = []
    for file in sorted(SITE.rglob("*.md")):
        relative = file.relative_to(SITE).as_posix()
        source = ROOT / ELSEWHERE.get(relative, f"docs/{relative}")
        file.write_text(linked(file.read_text(encoding="utf-8"), source, wrong), encoding="utf-8")
    if wrong:
        sys.exit("\n".join(wrong))
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = "\n".join(["  - Rules:", "      - rules/README.md", *(f"      - {line}" for line in each_rule())])
    config, count = re.subn(r"^  - Rules: \[\].*$", nav, config, flags=re.MULTILINE)
    assert count == 1, "mkdocs.yml has no place for the rules"
    for folder in ("site", "html"):  # as seen from build/
        config = config.replace(f"_dir: build/{folder}", f"_dir: {folder}")
    CONFIG.write_text(config, encoding="utf-8")
    if argv == ["--build"]:
        builder = Path(sys.executable).parent / "zensical"
        if not builder.exists():
            sys.exit('zensical is not installed: pip install ".[docs]" with Python 3.11 or newer')
        command = [builder, "build", "--strict", "--clean", "-f", CONFIG]
        sys.exit(subprocess.run(command, cwd=CONFIG.parent, check=False).returncode)


def each_rule() -> Iterator[str]:
    """A line of the navigation for each rule."""
    for rule in catalogue.rules():
        yield f"{rule.id} {rule.name}: rules/{rule.id}.md"


def page_of(file: Path) -> Path | None:
    """Where a file of the repository stands on the site; None where it does not."""
    name = file.relative_to(ROOT).as_posix()
    for page, source in ELSEWHERE.items():
        if name == source:
            return Path(page)
    return Path(name.removeprefix("docs/")) if name.startswith("docs/") and file.is_file() else None


def linked(text: str, source: Path, wrong: list[str]) -> str:
    """``text`` of ``source`` as a page of the site: links to pages stay, other files are linked to the repository."""

    def replaced(match: re.Match[str]) -> str:
        image, words, place, anchor = match[1], match[2], match[3], match[4] or ""
        there = (source.parent / place).resolve()
        if not there.exists() or not there.is_relative_to(ROOT):
            wrong.append(f"{source.relative_to(ROOT)}: the link to {place} leads nowhere")
            return match[0]
        name = there.relative_to(ROOT).as_posix()
        page, here = page_of(there), page_of(source)
        assert here is not None
        if page is not None:
            relative = Path(os.path.relpath(page, here.parent)).as_posix()
            return f"{image}[{words}]({relative}{anchor})"
        repository = os.environ.get("SENSORFIT_REPOSITORY", "").rstrip("/")
        return f"{image}[{words}]({repository}/blob/main/{name}{anchor})" if repository else words

    return LINK.sub(replaced, text)


if __name__ == "__main__":
    main(sys.argv[1:])
