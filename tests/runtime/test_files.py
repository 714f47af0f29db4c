"""Files are written whole, over nothing else, and read within a bound."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sensorfit.errors import ConfigError
from sensorfit.runtime.files import check_output, read_text, write_text


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_a_file_that_is_replaced_keeps_its_mode_and_a_new_one_takes_the_umask() -> None:
    file = Path("report.md")
    write_text(file, "one")
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~_umask()
    for mode in (0o600, 0o664, 0o755):
        file.chmod(mode)
        write_text(file, "two")
        assert (stat.S_IMODE(file.stat().st_mode), file.read_text()) == (mode, "two")
    assert [*Path().iterdir()] == [file]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("target", ["../victim", "victim", "absent", "link"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    for victim in (tmp_path / "victim", Path("victim")):
        victim.write_text("precious")
    Path("link").symlink_to(target)
    with pytest.raises(ConfigError, match=r"link: is a link .* name the file itself"):
        write_text(Path("link"), "x")
    assert (tmp_path / "victim").read_text() == Path("victim").read_text() == "precious"
    assert not Path("absent").exists() and Path("link").is_symlink()


def test_a_directory_that_is_a_link_out_of_this_one_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    Path("inside").mkdir()
    Path("out").symlink_to("../outside")
    Path("in").symlink_to("inside")
    with pytest.raises(ConfigError, match="leads out of this directory"):
        write_text(Path("out/report.md"), "x")
    write_text(Path("in/report.md"), "x")
    write_text(tmp_path / "outside" / "report.md", "x")  # said outright
    assert Path("inside/report.md").read_text() == (tmp_path / "outside" / "report.md").read_text() == "x"


def test_what_is_read_is_not_overwritten() -> None:
    Path("model.onnx").write_text("a")
    Path("same.json").hardlink_to("model.onnx")
    for name in ("model.onnx", "./model.onnx", "same.json"):
        with pytest.raises(ConfigError, match="is read as well, and would be lost"):
            check_output(Path(name), ["model.onnx", "picosam3"])
    check_output(Path("other.json"), ["model.onnx"])


@pytest.mark.parametrize("data", [b"\x08\x08\x12\x07pytorch\0", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04\xff"])
def test_only_text_is_replaced(data: bytes) -> None:
    Path("weights.bin").write_bytes(data)
    with pytest.raises(ConfigError, match="holds something else than text"):
        write_text(Path("weights.bin"), "x")
    assert Path("weights.bin").read_bytes() == data
    Path("report.md").write_text("grün " * 20_000, encoding="utf-8")
    write_text(Path("report.md"), "x")


def test_a_stream_is_written_to() -> None:
    read, write = os.pipe()
    write_text(Path(f"/dev/fd/{write}"), "through")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "through"


def test_a_place_that_cannot_be_written_is_one_sentence() -> None:
    Path("folder").mkdir()
    for name, said in (("folder", "is a directory"), ("absent/a", "cannot be written"), ("a" * 300, "cannot be written"), ("a\0b", "cannot be written")):  # fmt: skip
        with pytest.raises(ConfigError, match=said):
            write_text(Path(name), "x")
    assert [*Path().iterdir()] == [Path("folder")]


@pytest.mark.timeout(20)
def test_only_a_regular_file_within_the_bound_is_read() -> None:
    os.mkfifo("pipe")
    for name in ("pipe", "/dev/zero", "."):
        with pytest.raises(ConfigError, match=r"is not a regular file|cannot be read"):
            read_text(Path(name))
    Path("long").write_text("x" * 101)
    with pytest.raises(ConfigError, match="is larger than 0 MiB; save it again"):
        read_text(Path("long"), "save it again", limit=100)
    assert read_text(Path("long"), limit=101) == "x" * 101
    Path("bytes").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        read_text(Path("bytes"))
