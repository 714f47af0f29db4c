"""``evaluate --workers``: the figures of one process, from several; a process that dies costs its model a second try."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import parser

for module in ("cv2", "pycocotools", "torch"):
    pytest.importorskip(module)

from sensorfit.cli import group  # noqa: E402
from sensorfit.errors import InputError, ToolchainError  # noqa: E402
from sensorfit.vision.elsewhere import elsewhere  # noqa: E402

pytestmark = pytest.mark.heavy

PICTURES = Path(__file__).parents[2] / "docs" / "images"


def segmenter(folder: Path, name: str, threshold: float) -> Path:
    """Brightness above a threshold, as logits."""
    body = f"""<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,96,96] x) => (float[1,1,96,96] y)
        <float t = {{{threshold}}}> {{ m = ReduceMean <axes = [1]> (x) y = Sub (m, t) }}"""
    onnx.save(parser.parse_model(body), folder / name)
    return folder / name


class Dying(Executor):
    """Whose first ``deaths`` processes die."""

    def __init__(self, deaths: int) -> None:
        self.left = deaths

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.left:
            self.left -= 1
            future.set_exception(BrokenProcessPool("terminated abruptly"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_two_processes_give_the_figures_of_one(tmp_path: Path) -> None:
    models = [str(segmenter(tmp_path, f"{i}.onnx", 0.3 + i / 10)) for i in range(3)]
    found = []
    for workers in ("1", "2"):
        arguments = ["evaluate", *models, "--data", str(PICTURES / "coins.json"), "--images", str(PICTURES)]
        done = CliRunner().invoke(
            group, [*arguments, "--no-baselines", "--limit", "6", "--workers", workers, "--format", "json"]
        )
        assert done.exit_code == 0, done.output
        rows = json.loads(done.stdout)["models"]
        assert all(row.pop("crops_per_second") > 0 for row in rows)
        found.append(rows)
    assert found[0] == found[1] and len({row["miou_crop"] for row in found[0]}) == len(models)


@pytest.mark.parametrize(("deaths", "ends"), [(0, True), (1, True), (2, False)])
def test_a_model_whose_process_dies_is_tried_once_more(deaths: int, ends: bool, tmp_path: Path) -> None:
    model = elsewhere(Dying(deaths), str(segmenter(tmp_path, "a.onnx", 0.5)))
    crops = np.full((2, 96, 96, 3), 255, np.uint8)
    model.begin(crops)
    if ends:
        assert np.allclose(model.timed(crops)[0], 0.5)
    else:
        with pytest.raises(ToolchainError, match=r"a\.onnx: the process that ran it ended"):
            model.timed(crops)


def test_what_is_no_model_is_said_before_any_work() -> None:
    with pytest.raises(InputError, match=r"nothing\.onnx"):
        elsewhere(Dying(0), "nothing.onnx")
