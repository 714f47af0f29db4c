"""What a build asks of MCT, and what it leaves out unless it is asked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sensorfit.api import load_target
from sensorfit.quantize import ptq
from sensorfit.quantize.options import Quantization


@pytest.mark.heavy  # imports torch
@pytest.mark.parametrize("asked", [False, True])
def test_mct_shifts_negative_values_only_where_it_is_asked_for(
    asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It adds steps at 16 bits that no float graph foretells: a network that fits would not."""
    told: list[Any] = []

    def quantization(module: Any, images: Any, *, core_config: Any, **_: Any) -> tuple[Any, None]:
        told.append(core_config.quantization_config.shift_negative_activation_correction)
        return module, None

    mct = SimpleNamespace(
        core=SimpleNamespace(CoreConfig=lambda: SimpleNamespace(quantization_config=SimpleNamespace())),
        ptq=SimpleNamespace(pytorch_post_training_quantization=quantization),
    )
    tpc = SimpleNamespace(get_target_platform_capabilities=lambda version, name: None)
    given, real = {"model_compression_toolkit": mct, "edgemdt_tpc": tpc}, ptq.need
    monkeypatch.setattr(ptq, "need", lambda name, *package: given.get(name) or real(name, *package))
    calibration: Any = SimpleNamespace(images=[], batches=lambda batch: iter(()))
    options = Quantization(shift_negative=True) if asked else Quantization()
    ptq.quantize(SimpleNamespace(), calibration, load_target(), 0, tmp_path / "log", options=options)  # type: ignore[arg-type]
    assert told == [asked]


def test_settings_that_are_not_the_defaults_are_named_and_taken_back() -> None:
    asked = Quantization(
        shift_negative=True, bias_correction=False, z_threshold=3.5, weights_budget=9, gptq=2
    )
    assert asked.settings() == ("--shift-negative", "--no-bias-correction", "--z-threshold 3.5", "--gptq 2")
    assert asked.by_default() == Quantization(weights_budget=9) and asked.by_default().settings() == ()
