"""``sensorfit calibrate``: a user's measurements, kept apart from the shipped ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from sensorfit.api import load_target
from sensorfit.cli.calibrate import command
from sensorfit.errors import ConfigError
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.latency import session
from sensorfit.latency.calibrate import Measured, calibration, refit
from sensorfit.latency.calibration_file import read_calibration, render_toml
from sensorfit.latency.cycles import cost
from sensorfit.latency.estimate import estimate
from sensorfit.models.measured import DIRECTORY
from sensorfit.models.net import Net
from sensorfit.render.latency import render_refit
from sensorfit.target import Target, read_facts

SLOWER = 1.25


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Path]:
    """Three networks and logs of a sensor that is a fourth slower than the shipped model says."""
    logs = {}
    for name, net in {
        "wide": Net("wide", 32, 32, 32).conv(64).conv(64),
        "thin": Net("thin", 32, 64, 64).conv(32, 1).act("Sigmoid").conv(32, 1),
        "deep": Net("deep", 32, 16, 16).conv(32).conv(32).conv(32, 1).conv(32),
    }.items():
        onnx.save(net.model(), tmp_path / f"{name}.onnx")
        ms = SLOWER * _estimate(tmp_path / f"{name}.onnx").dsp_ms
        logs[name] = tmp_path / f"{name}.jsonl"
        logs[name].write_text(
            json.dumps({"kpi": [ms + 1, ms], "model": f"{name}.onnx"}) + "\n", encoding="utf-8"
        )
    return logs


def _estimate(path: Path, calibration: Path | None = None):  # type: ignore[no-untyped-def]
    return estimate(lower(load(path)), load_target(), calibration)


def test_a_sensor_of_ones_own_is_learnt_from_three_networks(own: dict[str, Path], tmp_path: Path) -> None:
    output = tmp_path / "mine.toml"
    result = CliRunner().invoke(
        command, [*map(str, own.values()), "--alone", "-o", str(output)], catch_exceptions=False
    )
    assert result.exit_code == 0
    for name in own:
        path = tmp_path / f"{name}.onnx"
        report = _estimate(path, output)
        assert report.dsp_ms == pytest.approx(SLOWER * _estimate(path).dsp_ms, rel=0.02)
        assert report.calibration == "mine.toml"
        assert report.measurements == 3


def test_with_the_shipped_measurements_the_new_error_stands_beside_the_old(
    own: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = read_facts("latency", load_target())
    result = CliRunner().invoke(command, [str(own["wide"])], catch_exceptions=False)
    assert "wide" in result.output
    assert "Before, on the shipped measurements alone: median" in result.output
    table = tomllib.loads((tmp_path / "sensorfit-latency.toml").read_text(encoding="utf-8"))
    assert table["error"]["measurements"] == before["error"]["measurements"] + 1
    assert table["residual"][0]["name"] == "wide"
    assert read_facts("latency", load_target()) == before
    # the user's network is now predicted closer to what it took
    path = tmp_path / "wide.onnx"
    measured = SLOWER * _estimate(path).dsp_ms
    assert abs(_estimate(path, tmp_path / "sensorfit-latency.toml").dsp_ms - measured) < abs(
        _estimate(path).dsp_ms - measured
    )


def test_a_network_measured_twice_is_left_out_twice(target: Target) -> None:
    times = {"baseline": (0.08, 0.2), "mobilenet_v1": (3.1,), "tinytracker": (0.86,)}
    measured = [
        Measured(f"{n}{ms}", lower(load(DIRECTORY / f"{n}.onnx")), ms, group=f"{n}{ms}")
        for n, both in times.items()
        for ms in both
    ]
    result = refit(measured, target)
    assert len({p.group for p in result.fit.points}) == 3
    assert result.rows[0].left_out == result.rows[1].left_out


def test_a_log_may_belong_to_a_built_in_model(own: dict[str, Path], tmp_path: Path) -> None:
    log = tmp_path / "pico.csv"
    log.write_text("dnn_ms,dsp_ms\n9,7\n", encoding="utf-8")
    logs = [*own.values(), log]
    text = session.calibrate(
        load_target(),
        logs,
        [Path("unused.onnx")] * 3 + [Path("picosam3")],
        tmp_path / "mine.toml",
        render_refit,
        alone=True,
    )
    assert "| picosam3 | 7 " in " ".join(text.split())


def test_the_shipped_refit_prints_the_tables(shipped_refit) -> None:  # type: ignore[no-untyped-def]
    text = render_refit(shipped_refit)
    for row in (*shipped_refit.rows, *shipped_refit.others, *shipped_refit.bounds):
        assert row.measured.name in text
    assert f"median absolute error {shipped_refit.fit.error_median:.1%}" in text
    assert "padded MACs at one rate" in text


def test_a_calibration_file_reads_back(shipped_refit, target: Target, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "c.toml"
    path.write_text(render_toml(shipped_refit, target, "heading\nin two lines"), encoding="utf-8")
    found = read_calibration(path, target)
    fitted = shipped_refit.fit
    assert found.constants[:3] == pytest.approx(fitted.constants[:3], rel=1e-2)
    assert found.constants.factors == pytest.approx(fitted.constants.factors, rel=1e-2)
    assert found.deviations == pytest.approx(fitted.deviations, rel=1e-2)
    layers = fitted.points[0].works
    given = calibration(fitted)
    expected = given.interval(layers, [cost(w, given.constants) for w in layers])
    assert found.interval(layers, [cost(w, found.constants) for w in layers]) == pytest.approx(
        expected, rel=1e-2
    )
    assert found.name == "c.toml"


def test_any_name_makes_valid_toml(target: Target) -> None:
    times = {"baseline": 0.08, "mobilenet_v1": 3.1, "tinytracker": 0.86}
    odd = 'a"b\\c\nd\x00\x7f\u202eé😀'
    measured = [
        Measured(odd + str(i), lower(load(DIRECTORY / f"{n}.onnx")), ms, group=n)
        for i, (n, ms) in enumerate(times.items())
    ]
    result = refit(measured, target)
    table = tomllib.loads(render_toml(result, target, "h"))
    assert [row["name"] for row in table["residual"]] == [odd + str(i) for i in range(3)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no such file"),
        ("not = [toml", "is not a calibration file"),
        ("a = 1", "has no 'schema = 2'"),
        ('schema = 1\ntarget = "imx500"', "was written by an older sensorfit"),
        ('schema = 2\ntarget = "imx501"', "was made for 'imx501'"),
        ('schema = 2\ntarget = "imx500"', "is damaged"),
        ('schema = 2\ntarget = "imx500"\nfit = 3\nerror = 4', "is damaged"),
    ],
)
def test_a_file_that_is_no_calibration_is_one_sentence(
    tmp_path: Path, target: Target, text: str | None, says: str
) -> None:
    path = tmp_path / "c.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says) as error:
        read_calibration(path, target)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("dense_macs_per_cycle = ", "dense_macs_per_cycle = 0 #"),
        ("bytes_per_cycle = ", "bytes_per_cycle = nan #"),
        ("layer_cycles = ", "layer_cycles = -1 #"),
        ("deviations = ", "deviations = 0 #"),
        ("sigma = ", "sigma = nan #"),
        ("rows = [", "rows = [[1.0, 2.0],"),
    ],
)
def test_a_damaged_calibration_is_one_sentence(
    shipped_refit, target: Target, tmp_path: Path, was: str, becomes: str
) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "c.toml"
    path.write_text(render_toml(shipped_refit, target, "h").replace(was, becomes), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"c.toml: its .* is damaged .* write it anew"):
        read_calibration(path, target)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "x.onnx"], "go with a LOG"),
        (["--alone"], "go with a LOG"),
        (["log", "--write"], "takes no LOG"),
        (["absent.jsonl", "--model", "x.onnx"], "absent.jsonl: cannot be read"),
    ],
)
def test_options_that_contradict_are_refused(arguments: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_two_networks_alone_are_too_few_and_nothing_is_written(own: dict[str, Path], tmp_path: Path) -> None:
    output = tmp_path / "mine.toml"
    with pytest.raises(ConfigError, match="at least three different networks"):
        session.calibrate(load_target(), [own["wide"], own["thin"]], [], output, render_refit, alone=True)
    assert not output.exists()


def test_networks_of_one_kind_alone_do_not_tell_the_constants_apart(target: Target) -> None:
    nets = [Net(f"n{i}", 32, 8 * i, 8).conv(32, act="") for i in (1, 2, 3)]
    measured = [
        Measured(n.name, lower(load(n.model())), 1.0 + 8 / i, group=n.name) for i, n in enumerate(nets, 1)
    ]
    with pytest.raises(ConfigError, match="do not tell arithmetic from memory traffic"):
        refit(measured, target)


def test_an_output_that_cannot_be_written_says_so(own: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        session.calibrate(
            load_target(), list(own.values()), [], tmp_path / "absent" / "mine.toml", render_refit, alone=True
        )
    assert not list(tmp_path.glob("*.part"))
