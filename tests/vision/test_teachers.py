"""The larger U-Nets to learn from: what a checkpoint of one is, its keys and shapes say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sensorfit.vision.networks import load_network, network

pytestmark = pytest.mark.heavy


def test_the_smaller_teacher_is_told_from_the_larger_by_its_checkpoint(tmp_path: Path) -> None:
    made = network("unet-teacher-small").eval()
    torch.save(made.state_dict(), tmp_path / "model.pt")
    name, loaded = load_network(tmp_path / "model.pt")
    assert name == "unet-teacher-small"
    assert sum(p.numel() for p in loaded.parameters()) == 7_960_049
    crop = torch.rand(1, 3, 96, 96)
    with torch.no_grad():
        assert torch.equal(loaded(crop), made(crop))
