"""Attention cut into many products: the converter's plan takes more than its largest step, and check leaves room for it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.model import MemoryReport

NETWORKS = Path(__file__).parents[1] / "data" / "networks"


def report(name: str) -> MemoryReport:
    model = onnx.load_from_string(gzip.decompress((NETWORKS / f"{name}.onnx.gz").read_bytes()))
    return analyse(lower(load(model, name)), load_target())


@pytest.mark.parametrize(
    ("name", "many"), [("timm_hiera_small_fixed", True), ("timm_test_vit_fixed", False), ("timm_mixer_small_fixed", False)]
)  # fmt: skip
def test_room_is_left_where_the_recorded_networks_took_more(name: str, many: bool) -> None:
    """142 products of two activations, 24, and none beside twelve Linears."""
    found, facts = report(name), load_memory_facts(load_target())
    room = found.unreported_bytes - facts.unreported_step_bytes * len(found.steps)
    assert any("products of heads and windows" in note for note in found.notes) == many
    assert (room >= facts.products_error * found.runtime_bytes) == many and (room == 0) != many
    tight = replace(found, complete=True, budget_bytes=found.total_bytes + found.runtime_bytes // 4)
    assert tight.fits and tight.nearly_full == many
