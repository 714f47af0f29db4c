"""The rules at single nodes, beside what the front end said of each (``python -m tools.probes.batched``)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.verify.engine import verify
from sensorfit.verify.rule import CODES

DATA = Path(__file__).parents[1] / "data" / "operators"
BATCHED = json.loads((DATA / "batched.json").read_text())


@pytest.mark.parametrize("op", sorted({name.partition("_")[2] for name in BATCHED}))
def test_a_node_behind_a_batch_of_two_is_refused_where_the_front_end_refuses_it(op: str) -> None:
    names = [name for name in BATCHED if name.partition("_")[2] == op]
    assert names
    for name in names:
        with zipfile.ZipFile(DATA / "batched.zip") as file:
            proto = onnx.load_model_from_string(file.read(f"{name}.onnx"))
        node, reasons = BATCHED[name]["node"], BATCHED[name]["reasons"]
        found = verify(load(proto, name), load_target())
        said = [
            f.reason
            for f in found
            if f.node == node and f.support == "unsupported" and CODES[f.converter_code] != "accepted"
        ]
        assert bool(said) == bool(reasons), name
        assert not reasons or set(said) & set(reasons), name
