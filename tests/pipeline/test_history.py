"""What the last builds took, remembered; nothing in the way where it cannot be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sensorfit.pipeline.history import KEPT, cache_directory, expected, remaining, remember
from sensorfit.pipeline.stages import Stage

DONE = [Stage("quantize", 20.0), Stage("convert", 10.0)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def test_a_network_is_expected_to_take_what_it_took_and_another_what_the_latest_did() -> None:
    assert expected("a") == {}
    remember("a", DONE)
    remember("b", [Stage("quantize", 5.0)])
    assert expected("a") == {"quantize": 20.0, "convert": 10.0}
    assert expected("new") == {"quantize": 5.0}


def test_what_remains_is_what_is_not_over() -> None:
    remember("a", DONE)
    assert remaining(expected("a"), "quantize") == 30.0 and remaining(expected("a"), "convert") == 10.0
    assert remaining({}, "quantize") == remaining(expected("a"), "package") == 0


def test_a_stage_that_was_left_out_is_not_waited_for() -> None:
    remember("a", [DONE[0], Stage("compare", 40.0), DONE[1]])  # with --gptq, say
    assert remaining(expected("a"), "convert") == 10.0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"a": 3}', '{"a": {"quantize": "x"}}', '{"a": {"quantize": []}}']
)
def test_a_file_of_another_kind_is_no_estimate_and_is_replaced(cache: Path, text: str) -> None:
    (cache / "sensorfit").mkdir()
    (cache / "sensorfit" / "stages.json").write_text(text)
    assert expected("a") == {}
    remember("a", DONE)
    assert expected("a") == {"quantize": 20.0, "convert": 10.0}


def test_a_cache_that_cannot_be_written_is_nothing_to_speak_of(cache: Path) -> None:
    (cache / "sensorfit").write_text("a file in the way")
    remember("a", DONE)
    assert expected("a") == {}


def test_only_the_latest_networks_are_kept() -> None:
    for index in range(KEPT + 5):
        remember(f"n{index}", DONE[: 1 + index % 2])
    text = (cache_directory() / "stages.json").read_text()
    assert '"n0"' not in text and f'"n{KEPT + 4}"' in text
