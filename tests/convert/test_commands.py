"""Commands of a package, by the sizes of its files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from sensorfit.convert.commands import command_bytes


@pytest.mark.parametrize(
    ("sizes", "commands"),
    [
        ({"cfgA.bin": 46956, "cfgC.bin": 4, "sdpsA.bin": 4544}, 46956),
        ({"cfgA.bin": 262144, "cfgC.bin": 60752, "l2staticData.bin": 76832}, 322896),
        ({"other.bin": 12}, 0),
    ],
)
def test_a_second_file_takes_what_the_first_has_no_room_for(
    sizes: dict[str, int], commands: int, tmp_path: Path
) -> None:
    package = tmp_path / "packerOut.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for name, size in sizes.items():
            archive.writestr(name, bytes(size))
    assert command_bytes(package) == commands
