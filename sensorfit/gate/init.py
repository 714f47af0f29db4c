"""What a repository needs for its gate: a configuration, a CI file, a baseline. Each is written where it is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import ConfigError
from ..report.phrases import counted
from ..runtime.files import write_text
from ..target import DEFAULT, load_target
from ..version import __version__
from .config import FILE, find_config
from .find_models import find_models

GITHUB: Final = Path(".github/workflows/sensorfit.yml")
GITLAB: Final = Path(".gitlab-ci.yml")
ALL: Final = "."
"""The models of a repository that has none yet: those that will lie in it."""
PACKAGE: Final = f"sensorfit=={__version__}"

CONFIGURATION: Final = """# What `sensorfit check` asks of this repository's models; every key: docs/ci.md of sensorfit.
{target}models = [{models}]
fail-on = "error"                # warning, info, never

# [budgets]
# sram = "6 MiB"                 # tighter than the sensor's own
# latency = "15 ms"
"""

WORKFLOW: Final = """# Written by `sensorfit init`: checks the models of {config} on every change to them.
name: sensorfit
on:
  push:
    branches: [main, master]
  pull_request:
    paths: ["**/*.onnx", pyproject.toml, sensorfit.toml, sensorfit-baseline.json, .github/workflows/sensorfit.yml]
permissions:
  contents: read
jobs:
  sensorfit:
    runs-on: ubuntu-latest
    env:
      SENSORFIT_PACKAGE: {package}   # until it is on PyPI: git+https and the address of sensorfit's repository
    steps:
      - uses: actions/checkout@v4
        with: {{lfs: true}}
      - uses: actions/setup-python@v5
        with: {{python-version: "3.11"}}
      - run: python -I -m pip install --quiet --disable-pip-version-check "$SENSORFIT_PACKAGE"
      - run: python -I -m sensorfit check --format github --output markdown="$GITHUB_STEP_SUMMARY"
"""

PIPELINE: Final = """# Written by `sensorfit init`: checks the models of {config} on every change to them.
sensorfit:
  stage: test
  image: python:3.11-slim
  variables:
    SENSORFIT_PACKAGE: {package}   # until it is on PyPI: git+https and the address of sensorfit's repository
  before_script:
    - python -I -m pip install --quiet --no-cache-dir --disable-pip-version-check "$SENSORFIT_PACKAGE"
  script:
    - python -I -m sensorfit check --format console --output junit=sensorfit.xml --output markdown=sensorfit.md
  artifacts:
    when: always
    expose_as: sensorfit
    paths: [sensorfit.md]
    reports:
      junit: sensorfit.xml
  rules:
    - changes: ["**/*.onnx", pyproject.toml, sensorfit.toml, sensorfit-baseline.json]
"""


class Step(NamedTuple):
    """A file that was written, or why it was not."""

    file: str
    said: str
    written: bool


def init(root: Path, target: str | None = None) -> Iterator[Step]:
    """Write the configuration and the CI file of the repository at ``root``; nothing that is there is touched.

    Raises ConfigError where ``target`` is none, or a configuration that is there names another.
    """
    config = find_config(root)
    if target is not None:
        load_target(target)
        if config.source and (config.policy.target or DEFAULT) != target:
            raise ConfigError(
                f'{config.source} is kept, and names another target: set target = "{target}" in it'
            )
    if config.source:
        yield Step(Path(config.source).name, "kept: it configures sensorfit already", False)
    else:
        patterns = models_of(root) or [ALL]
        named = f'target = "{target}"\n' if target else ""
        sized = list(_given_sizes(root, target))
        listed = [f'"{p}"' for p in patterns] + sized
        models = f"\n  {f',{chr(10)}  '.join(listed)},\n" if sized else ", ".join(listed)
        write_text(root / FILE, CONFIGURATION.format(target=named, models=models))
        said = (
            "no .onnx file is here yet; it checks every one that will lie here or below"
            if patterns == [ALL]
            else f"checks {', '.join(patterns)}"
        )
        if sized:
            said += (
                f"; the size of {counted(len(sized), 'input')} is open: change the one written there to yours"
            )
        yield Step(FILE, said, True)
    files = list(ci_files(root))
    if not files:
        said = "neither GitHub nor GitLab is named here, by a folder or a remote; docs/ci.md has the job for both"
        yield Step("CI file", said, False)
    for file, template in files:
        if (root / file).exists():
            said = f"kept; docs/ci.md has the job to add to {file}" if file == GITLAB else "kept: it is there"
            yield Step(str(file), said, False)
            continue
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        write_text(
            root / file,
            template.format(config=Path(config.source).name if config.source else FILE, package=PACKAGE),
        )
        yield Step(
            str(file),
            "checks every change; until sensorfit is on PyPI, name its repository in SENSORFIT_PACKAGE",
            True,
        )


def _given_sizes(root: Path, target: str | None) -> Iterator[str]:
    """The tables, for the list of models, of those whose input leaves its size open, each with one that it takes: without, there
    is nothing to compare from one change to the next."""
    from .config import Policy
    from .job import Job
    from .run import run

    try:
        names = find_models([str(root)])
    except ConfigError:
        return
    here = root.absolute()
    for outcome in run([Job(name, Policy(target=target)) for name in names]):
        model = outcome.report.model if outcome.report else None
        if model is None or not model.closed:
            continue
        path = Path(outcome.path).absolute().relative_to(here).as_posix()
        name = model.inputs[0].name
        if path.isprintable() and name.isprintable() and not re.search(r"[\[\]*?]", path):
            shape = f"{{ {json.dumps(name, ensure_ascii=False)} = {list(model.closed)} }}"
            yield (
                f"{{ path = {json.dumps(path, ensure_ascii=False)}, input-shapes = {shape}, "
                'reason = "the file leaves its size open" }'
            )


def models_of(root: Path) -> list[str]:
    """The repository's models as globs, one a directory."""
    try:
        found = find_models([str(root)])
    except ConfigError:  # none there
        return []
    here = root.absolute()
    folders = dict.fromkeys(Path(name).absolute().relative_to(here).parent.as_posix() for name in found)
    globs = [f"{folder}/*.onnx" if folder != "." else "*.onnx" for folder in folders]
    return [g for g in globs if g.isprintable() and not re.search(r'["\\[\]?]', g)]


def ci_files(root: Path) -> Iterator[tuple[Path, str]]:
    """The CI files of the hosts that the repository shows: by their folders, else by where git pushes to."""
    git = root / ".git" / "config"
    remotes = git.read_text(encoding="utf-8", errors="replace") if git.is_file() else ""
    if (root / ".github").is_dir() or "github" in remotes:
        yield GITHUB, WORKFLOW
    if (root / GITLAB).exists() or "gitlab" in remotes:
        yield GITLAB, PIPELINE
