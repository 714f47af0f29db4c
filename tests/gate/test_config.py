"""A configuration says what a repository asks, and an error says which key, where and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.errors import ConfigError
from sensorfit.gate.config import (
    DEFAULTS,
    Budgets,
    Config,
    Policy,
    find_config,
    parse_budgets,
    read_config,
)
from sensorfit.units import bytes_of, count_of, milliseconds_of, show_bytes

FULL = """
[tool.sensorfit]
target = "imx500"
profile = "picosam"
input-persistency = false
fail-on = "warning"
select = ["SF1", "SF2"]
ignore = ["SF104"]
baseline = "ci/baseline.json"
jobs = 2
models = ["models/*.onnx", { path = "models/big.onnx", input-shapes = { image = [1, 3, 96, 96] }, budgets = { sram = "7 MiB" }, reason = "until May" }]

[tool.sensorfit.budgets]
sram = "6 MiB"
latency = "15 ms"
macs = "330.5 M"
parameters = 2_000_000
headroom = "512 KiB"
"""


def write(directory: Path, text: str, name: str = "pyproject.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, FULL))
    assert config.models == ("models/*.onnx", "models/big.onnx")
    assert config.baseline == tmp_path / "ci/baseline.json"
    assert config.jobs == 2
    assert config.policy == Policy(
        target="imx500",
        profile="picosam",
        input_persistency=False,
        fail_on="warning",
        select=("SF1", "SF2"),
        ignore=("SF104",),
        budgets=Budgets(
            sram=6 * 2**20, latency=15.0, macs=330_500_000, parameters=2_000_000, headroom=512 * 1024
        ),
    )


def test_a_models_table_wins_over_the_rest_and_keeps_what_it_does_not_say(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, FULL))
    own = config.policy_for(str(tmp_path / "models/big.onnx"))
    assert own.budgets == Budgets(
        sram=7 * 2**20, latency=15.0, macs=330_500_000, parameters=2_000_000, headroom=512 * 1024
    )
    assert own.input_shapes == {"image": (1, 3, 96, 96)}
    assert own.reason == "until May"
    assert config.policy_for(str(tmp_path / "models/other.onnx")) == config.policy


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, FULL))
    policy = Policy(profile="converter", ignore=("SF2",)).over(config.policy_for("x.onnx")).over(DEFAULTS)
    assert policy.profile == "converter"
    assert policy.fail_on == "warning"
    assert policy.ignore == ("SF104", "SF2")


def test_rules_are_selected_and_ignored_by_prefix() -> None:
    policy = Policy(select=("SF1", "SF201"), ignore=("SF104",))
    shown = [rule for rule in ("SF101", "SF104", "SF201", "SF202", "SF301") if policy.shows(rule)]
    assert shown == ["SF101", "SF201"]
    assert Policy().shows("SF301")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[tool.sensorfit]\nbuget = {}", r"tool\.sensorfit has no key 'buget': did you mean 'budgets'\?"),
        ("[tool.sensorfit]\nfail_on = 'error'", r"no key 'fail_on': did you mean 'fail-on'\?"),
        ("[tool.sensorfit]\nqwertz = 1", r"no key 'qwertz': the keys are target, profile"),
        (
            "[tool.sensorfit.budgets]\nlatencyy = '1 ms'",
            r"tool\.sensorfit\.budgets has no key 'latencyy': did you mean 'latency'",
        ),
        ("[tool.sensorfit.budgets]\nsram = '6 MB/s'", r"budgets\.sram is '6 MB/s'; write a size"),
        ("[tool.sensorfit.budgets]\nlatency = 15", r"budgets\.latency is 15; write a time"),
        ("[tool.sensorfit.budgets]\nmacs = -1", r"budgets\.macs is negative"),
        ("[tool.sensorfit]\nprofile = 'conveter'", r"profile is 'conveter': did you mean 'converter'\?"),
        ("[tool.sensorfit]\ntarget = 'imx501'", r"target is 'imx501': did you mean 'imx500'\?"),
        ("[tool.sensorfit]\nselect = 'SF1'", r"select is 'SF1'; write a list"),
        ("[tool.sensorfit]\njobs = true", r"jobs is True"),
        ("[tool.sensorfit]\nmodels = [3]", r"models\[0\] is 3; write a string"),
        ("[[tool.sensorfit.models]]\nignore = ['SF1']", r"models\[0\] has no path"),
        (
            "[[tool.sensorfit.models]]\npath = 'a.onnx'\nignore = ['SF1']",
            r"overrides ignore without a reason",
        ),
        (
            "[[tool.sensorfit.models]]\npath = 'a.onnx'\ninput-shapes = { x = [1, -3] }",
            r"input-shapes\.x is \[1, -3\]; write a shape",
        ),
        ("[tool.sensorfit]\ninput-persistency = 1", r"input-persistency is 1; write true or false"),
        ("[tool.other]\nx = 1", r"has no \[tool\.sensorfit\] table"),
        ("[tool.sensorfit", r"is not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(tmp_path: Path, text: str, match: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=match) as caught:
        read_config(path)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_file_is_an_error() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config("absent.toml")


def test_sensorfit_toml_needs_no_table_and_comes_first(tmp_path: Path) -> None:
    write(tmp_path, FULL)
    write(tmp_path, 'profile = "converter"', "sensorfit.toml")
    assert find_config(tmp_path).policy == Policy(profile="converter")
    with pytest.raises(ConfigError, match=r"sensorfit\.toml has no key 'x'"):
        read_config(write(tmp_path, "x = 1", "sensorfit.toml"))


def test_the_search_goes_up_to_the_repositorys_root_and_no_further(tmp_path: Path) -> None:
    write(tmp_path, FULL)
    inner = tmp_path / "repo" / "deep"
    inner.mkdir(parents=True)
    assert find_config(inner).source == str(tmp_path / "pyproject.toml")
    (tmp_path / "repo" / ".git").mkdir()
    assert find_config(inner) == Config()


@pytest.mark.parametrize(
    ("text", "value"),
    [("6 MiB", 6291456), ("6MiB", 6291456), ("1.5 kB", 1500), ("8,388,480 B", 8388480), ("2e3 b", 2000)],
)
def test_sizes_are_read_with_their_units(text: str, value: int) -> None:
    assert bytes_of(text, "sram") == value


def test_times_and_counts_are_read_with_their_units() -> None:
    assert milliseconds_of("0.02 s", "latency") == pytest.approx(20)
    assert milliseconds_of("500 us", "latency") == pytest.approx(0.5)
    assert count_of("330.16 M", "macs") == 330_160_000
    assert show_bytes(6 * 2**20) == "6,291,456 B (6.00 MiB)"


def test_budgets_are_read_from_keywords_as_from_the_file() -> None:
    assert parse_budgets(sram="6 MiB", latency=None) == Budgets(sram=6 * 2**20)
    with pytest.raises(ConfigError, match="did you mean 'sram'"):
        parse_budgets(sran="6 MiB")
