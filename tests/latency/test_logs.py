"""KPI logs: every documented form is read, everything else is one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.errors import ConfigError
from sensorfit.latency.logs import read_logs

MODEL = Path("net.onnx")


def write(folder: Path, text: str, name: str = "log") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        '{"dnn_ms": 1.5, "dsp_ms": 0.2}\n{"dnn_ms": 1.6, "dsp_ms": 0.4}\n{"dnn_ms": 1.6, "dsp_ms": 0.3}\n',
        '{"kpi": [1.5, 0.2]}\n\n{"kpi": [1.5, 0.4]}\n{"kpi": [1.5, 0.3]}',
        '{"frame_index": 0, "hw_inference": "1.31 ms, 0.20 ms"}\n{"hw_inference": "1.38 ms,0.40 ms"}\n{"hw_inference": "1.38 ms, 0.30 ms"}\n',
        "dnn_ms,dsp_ms\n1.5,0.2\n1.5,0.4\n1.5,0.3\n",
        "\ufeffframe, DNN_runtime, DSP_runtime\r\n0, 1.5, 0.2\r\n1, 1.5, 0.4\r\n2, 1.5, 0.3\r\n",
        "dsp_ms\n0.2\n0.4\n0.3\n",
    ],
    ids=["fields", "pair", "printed", "csv", "csv-excel", "csv-dsp-only"],
)
def test_the_median_of_the_dsp_runtimes_is_taken(tmp_path: Path, text: str) -> None:
    (log,) = read_logs([write(tmp_path, text)], [MODEL])
    assert log.dsp_ms == (0.2, 0.4, 0.3)
    assert log.ms == 0.3
    assert log.model == MODEL


def test_a_line_may_name_its_model_beside_the_log(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '{"kpi": [2, 1], "model": "a.onnx"}\n{"kpi": [3, 2], "model": "b.onnx"}\n{"kpi": [4, 3], "model": "a.onnx"}\n',
    )
    logs = read_logs([path])
    assert [(log.model, log.ms) for log in logs] == [(tmp_path / "a.onnx", 2.0), (tmp_path / "b.onnx", 2.0)]


def test_models_pair_with_logs_in_order(tmp_path: Path) -> None:
    paths = [write(tmp_path, f'{{"kpi": [9, {i}]}}', f"log{i}") for i in (1, 2)]
    logs = read_logs(paths, [Path("a"), Path("b")])
    assert [(log.model.name, log.ms) for log in logs] == [("a", 1.0), ("b", 2.0)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "neither JSON lines nor CSV"),
        ("hello world", "neither JSON lines nor CSV"),
        ("dnn_ms,dsp_ms\n", "holds no frames"),
        ('{"kpi": [1, 2', "line 1: is not a JSON object"),
        ('{"kpi": [2, 1]}\n[1]\n', "line 2: is not a JSON object"),
        ('{"frame": 1}', "line 1: holds no DSP runtime"),
        ('{"kpi": [1]}', "not a pair of numbers"),
        ('{"kpi": "fast"}', "not a pair of numbers"),
        ('{"kpi": null}', "not a pair of numbers"),
        ('{"hw_inference": "quick"}', "not a pair of numbers"),
        ('{"hw_inference": 3}', "not a pair of numbers"),
        ('{"dsp_ms": "x"}', "not a pair of numbers"),
        ('{"kpi": [1, 2]}', "are they swapped?"),
        ('{"dsp_ms": 0}', "is no measurement"),
        ('{"dsp_ms": -1}', "is no measurement"),
        ('{"dsp_ms": NaN}', "is no measurement"),
        ('{"dsp_ms": 1e999}', "is no measurement"),
        ("dnn_ms,dsp_ms\n1.5,x\n", "line 2: its runtimes"),
        ("dnn_ms,dsp_ms\n1.5,\n", "line 2: holds no DSP runtime"),
    ],
)
def test_a_log_that_cannot_be_used_is_one_sentence_with_its_place(
    tmp_path: Path, text: str, says: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=says.replace("?", r"\?")) as error:
        read_logs([path], [MODEL])
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_log_without_a_model_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--model"):
        read_logs([write(tmp_path, '{"kpi": [2, 1]}')])


def test_models_that_do_not_pair_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="3 logs and 2 times --model"):
        read_logs([tmp_path / "x"] * 3, [MODEL, MODEL])


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00binary"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "log"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"log: (cannot be read|is not UTF-8 text)"):
        read_logs([path], [MODEL])
    with pytest.raises(ConfigError, match="cannot be read"):
        read_logs([tmp_path], [MODEL])
