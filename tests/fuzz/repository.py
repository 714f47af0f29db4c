"""A repository that a stranger changed: links, configurations, baselines, places for outputs.

A case is made, run and judged from one number. What must hold of each: it
ends, with an exit code of 0 to 2 and one sentence on an error; nothing is
written that was not asked for; nothing printed acts on a terminal or a runner.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import unicodedata
from collections.abc import Callable
from copy import deepcopy
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any, Final

import onnx
from onnx import TensorProto, helper

from sensorfit.errors import SensorfitError
from sensorfit.gate import find_models as search
from sensorfit.gate.run import check_all

HOSTILE: Final = ("::error::x", "##[error]x", "\x1b[31m", "\u202ex", "\u2028", "a" * 300, "a" * 5000, "[red]", "..", ".", "", " ", "\0", "-x", "=1+1", "http://x", "größe")  # fmt: skip
PIECES: Final = (
    "**",
    "*",
    "?",
    "[ab]*",
    "m*",
    "models",
    "a",
    "b",
    "one",
    "*.onnx",
    "*.o*",
    "m.onnx",
    ".",
    "..",
    ".*",
    "[!a]*",
    "[",
    "**x",
)
TARGETS: Final = (
    ".",
    "..",
    "a",
    "b",
    "one",
    "models",
    "m.onnx",
    "loop",
    "/tmp",
    "/dev/zero",
    "/etc",
    "absent",
    "../victim",
    "models/m.onnx",
)
JUNK: Final[tuple[Any, ...]] = (None, True, 0, -1, 1, 2.5, 1e308, 10**30, "", "x", "12", "fits", "error", [], {}, [1], {"a": 1}, [[]], "SF101", "::error::x", "\u202e", "/dev/zero", "m.onnx", ["*"], ["**"])  # fmt: skip
RAW: Final = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "[" * 2000, '"\\ud800"', "tru", "")
FORMATS: Final = ("console", "json", "sarif", "junit", "markdown", "github")
_OURS: Final = re.compile(r"::(error|warning|notice) (file|title)=")


def case(seed: int, folder: Path) -> str | None:
    """What is wrong with how the case of ``seed`` is handled in the empty ``folder``; None when nothing is."""
    random = Random(seed)
    home = folder / "home"
    home.mkdir()
    (folder / "victim").write_text("precious")
    (home / ".git").mkdir()
    os.chdir(home)
    _model(home / "m.onnx", random.choice(("Relu", "Elu")))
    search.MAX_ENTRIES, search.MAX_SECONDS = 3000, 5.0  # type: ignore[misc]
    kind = random.choice((_links, _baselines, _configurations, _outputs))
    before = {p: p.read_bytes() for p in (home / "m.onnx", folder / "victim")}
    wrong = kind(home, random)
    for path, data in before.items():
        if path.read_bytes() != data:
            return f"{kind.__name__}: {path.name} was overwritten"
    return wrong and f"{kind.__name__}: {wrong}"


def _model(path: Path, op: str) -> None:
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, 8, 8]) for n in "xy")
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], name="n")], "g", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def _links(home: Path, random: Random) -> str | None:
    folders = [home]
    for _ in range(random.randint(1, 12)):
        place = random.choice(folders) / random.choice(
            ("models", "a", "b", "one", "loop", "m.onnx", ".h", "x.onnx")
        )
        with contextlib.suppress(OSError):
            if place.is_symlink() or place.exists():
                continue
            roll = random.random()
            if roll < 0.4:
                place.mkdir()
                folders.append(place)
            elif roll < 0.8:
                place.symlink_to(random.choice(TARGETS))
            elif roll < 0.95:
                place.write_bytes(b"x")
            else:
                os.mkfifo(place)
    patterns = [
        "/".join(random.choice(PIECES) for _ in range(random.randint(1, 6)))
        for _ in range(random.randint(1, 3))
    ]
    try:
        found = search.find_models(patterns, random.choice((None, home)))
    except SensorfitError as error:
        return _sentence(error)
    real = [os.path.realpath(name) for name in found]
    return f"{patterns}: a file twice" if len({*real}) < len(real) else None


def _baselines(home: Path, random: Random) -> str | None:
    wrong = _run(["m.onnx"], random, write_baseline=True)
    file = home / "sensorfit-baseline.json"
    if wrong or not file.is_file():
        return wrong or "no baseline was written"
    content = json.loads(file.read_text())
    for _ in range(random.randint(1, 3)):
        _spoil(content, random, JUNK)
    text = json.dumps(content)
    if random.random() < 0.4:
        at = random.randrange(len(text))
        text = text[:at] + random.choice(RAW) + text[at + random.randrange(20) :]
    if random.random() < 0.1:
        file.unlink()
        file.symlink_to(random.choice(TARGETS))
    else:
        file.write_text(text, encoding="utf-8", errors="replace")
    return _run(["m.onnx"], random)


def _configurations(home: Path, random: Random) -> str | None:
    keys = (
        "target",
        "profile",
        "fail-on",
        "select",
        "ignore",
        "budgets",
        "models",
        "baseline",
        "jobs",
        "input-persistency",
        "reason",
        "x",
    )
    lines = []
    for key in random.sample(keys, random.randint(1, 4)):
        value = random.choice(
            (*JUNK, *HOSTILE, {"sram": random.choice(JUNK)}, [{"path": random.choice(("m.onnx", "*", ""))}])
        )
        lines.append(f"{key} = {_toml(value)}")
    if random.random() < 0.3:
        lines.append(
            f'[[models]]\npath = {_toml(random.choice(HOSTILE))}\nreason = "r"\ninput-shapes = {{ x = {_toml(random.choice(JUNK))} }}'
        )
    text = "\n".join(lines)
    if random.random() < 0.2:
        text = text[: random.randrange(len(text) + 1)] + random.choice(RAW)
    (home / "sensorfit.toml").write_text(text, encoding="utf-8", errors="replace")
    return _run(random.choice(((), ("m.onnx",))), random)


def _outputs(home: Path, random: Random) -> str | None:
    (home / "folder").mkdir()
    for name, target in (
        ("link.json", "../victim"),
        ("in.md", "m.onnx"),
        ("out", ".."),
        ("loop", "loop"),
        ("inside", "folder"),
    ):
        (home / name).symlink_to(target)
    places = ("m.onnx", "./m.onnx", "folder/../m.onnx", "link.json", "in.md", "out/victim", "out/new", "loop", "folder", "folder/a.md", "inside/b.json", "/dev/null", "/dev/full", "absent/a.json", "report.txt", *HOSTILE)  # fmt: skip
    outputs = []
    for _ in range(random.randint(1, 3)):
        form = random.choice(("", "", *FORMATS, "nothing"))
        outputs.append(f"{form}={random.choice(places)}" if form else random.choice(places))
    wrong = _run(["m.onnx"], random, outputs=outputs, write_baseline=random.random() < 0.1)
    if (home.parent / "new").exists():
        return f"{outputs}: written through a link"
    if [p.name for p in home.parent.iterdir() if p.name not in ("home", "victim")]:
        return f"{outputs}: something was written outside"
    return wrong


def _run(models: Any, random: Random, **options: Any) -> str | None:
    format_ = random.choice(FORMATS)
    out, err = StringIO(), StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = check_all(models, formats=(format_,), **options)
    except SensorfitError as error:
        return _sentence(error)
    if code not in (0, 1, 2):
        return f"exit {code}: {err.getvalue()[:300]}"
    return _acts(out.getvalue()) or _acts(err.getvalue())


def _sentence(error: SensorfitError) -> str | None:
    text = str(error)
    if error.exit_code != 2:
        return f"exit {error.exit_code}: {text[:300]}"
    return f"a sentence of {len(text)} characters" if len(text) > 6000 else None


def _acts(text: str) -> str | None:
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\n":
            return f"prints {character!r}"
    if re.search(r"##(vso)?\[", text) or any(
        "::error" in _OURS.sub("", line, count=1) for line in text.splitlines()
    ):
        return "prints a workflow command"
    return None


def _spoil(content: Any, random: Random, junk: tuple[Any, ...]) -> None:
    """Some value in ``content`` becomes another, or goes."""
    while isinstance(content, (dict, list)) and content:
        key = random.choice([*content]) if isinstance(content, dict) else random.randrange(len(content))
        if random.random() < 0.35 or not isinstance(content[key], (dict, list)) or not content[key]:
            if random.random() < 0.2:
                del content[key]
            else:
                content[key] = deepcopy(random.choice(junk))
            return
        content = content[key]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return "nan" if value is None else json.dumps(value)


KINDS: Final[tuple[Callable[[Path, Random], str | None], ...]] = (
    _links,
    _baselines,
    _configurations,
    _outputs,
)
