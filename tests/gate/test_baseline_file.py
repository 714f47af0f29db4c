"""A baseline that somebody edited, merged or made is read, or refused with one sentence that names the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sensorfit.errors import ConfigError
from sensorfit.gate import baseline

from ..made_reports import finding, report


def written(path: Path) -> dict[str, Any]:
    baseline.write(path, [("m.onnx", report(finding()))])
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def put(content: Any, place: tuple[Any, ...], value: Any) -> None:
    for key in place[:-1]:
        content = content[key]
    content[place[-1]] = value


ENTRY = ("models", "m.onnx")
NUMBER, TEXT = "a number from 0 up", "a string"
WRONG = [
    *(((*ENTRY, "figures", "total_bytes"), value, NUMBER) for value in ("12", None, True, [], -1, float("1e999"), 10**400)),
    ((*ENTRY, "figures", "anything"), {}, NUMBER),
    *(((*ENTRY, "figures"), value, "an object") for value in (None, [], "x")),
    *(((*ENTRY, "findings"), value, "a list") for value in (None, {}, "x")),
    *(((*ENTRY, "findings", 0), value, "an object") for value in (None, [], "x", 1)),
    *(((*ENTRY, "findings", 0, key), value, TEXT) for key in ("rule", "node", "op", "reason", "shape") for value in (None, 1, [])),
    *(((*ENTRY, "findings", 0, "severity"), value, "one of info, warning, error") for value in (None, "bad", [], {})),
    *(((*ENTRY, "verdict"), value, "one of fits") for value in (None, "no", [], {})),
    ((*ENTRY, "sha256"), 7, TEXT),
    (ENTRY, None, "an object"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "wanted"), WRONG, ids=str)
def test_a_field_that_is_something_else_is_named_with_the_remedy(
    tmp_path: Path, place: tuple[Any, ...], value: Any, wanted: str
) -> None:
    path = tmp_path / "b.json"
    content = written(path)
    put(content, place, value)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError) as said:
        baseline.read(path)
    text = str(said.value)
    assert (
        text.startswith(f"{path}: ")
        and text.endswith("; make it again with --write-baseline")
        and len(text) < 500
    )
    assert wanted in text or "is no number" in text or "not JSON" in text


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_what_is_no_number_is_refused_where_a_figure_belongs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    whole = json.dumps(written(path)).replace('"total_bytes": ', f'"total_bytes": {text}, "was": ')
    path.write_text(whole, encoding="utf-8")
    with pytest.raises(ConfigError, match="--write-baseline"):
        baseline.read(path)


@pytest.mark.parametrize("key", ["verdict", "figures", "findings"])
def test_a_field_that_is_missing_is_named(tmp_path: Path, key: str) -> None:
    path = tmp_path / "b.json"
    content = written(path)
    del content["models"]["m.onnx"][key]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"models.m.onnx has no '{key}'"):
        baseline.read(path)


def test_what_a_later_version_may_add_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    content = written(path)
    content["schema_version"] = "1.7"
    content["models"]["m.onnx"]["more"] = content["models"]["m.onnx"]["findings"][0]["more"] = [None]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert [*baseline.read(path)] == ["m.onnx"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_baseline_that_is_no_file_is_refused_without_reading_it(device: str) -> None:
    with pytest.raises(ConfigError, match=r"is not a regular file|cannot be read"):
        baseline.read(Path(device))


def test_a_file_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "b.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="is larger than 64 MiB"):
        baseline.read(tmp_path / "b.json")
