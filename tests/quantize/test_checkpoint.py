"""``--weights``: what loads, and what an error names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sensorfit.errors import InputError
from sensorfit.models.picosam2 import PicoSAM2
from sensorfit.models.picosam3 import PicoSAM3
from sensorfit.quantize.checkpoint import load_checkpoint

pytestmark = pytest.mark.heavy

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(1)
    return PicoSAM3().state_dict()


WRAPPINGS: dict[str, Callable[[State], Any]] = {
    "plain": lambda s: s,
    "nested": lambda s: {"epoch": 3, "state_dict": s},
    "nested twice": lambda s: {"model": {"model_state_dict": s}},
    "data parallel": lambda s: {f"module.{k}": v for k, v in s.items()},
    "compiled": lambda s: {"model_state_dict": {f"_orig_mod.{k}": v for k, v in s.items()}},
    "without counters": lambda s: {k: v for k, v in s.items() if not k.endswith("num_batches_tracked")},
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_published_form_loads(wrapping: str, state: State, tmp_path: Path) -> None:
    torch.save(WRAPPINGS[wrapping](state), tmp_path / "w.pt")
    network = PicoSAM3()
    load_checkpoint(network, tmp_path / "w.pt")
    for key, value in network.state_dict().items():
        assert torch.equal(value, state[key]), key


def test_the_wrong_model_names_missing_and_unexpected_keys(state: State, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputError) as caught:
        load_checkpoint(PicoSAM2(), tmp_path / "w.pt")
    message = str(caught.value)
    assert "missing" in message and "output_head.bias" in message
    assert "unexpected" in message and "bottleneck.0.0.weight" in message


def test_another_shape_names_key_and_shapes(state: State, tmp_path: Path) -> None:
    torch.save({**state, "refine.3.bias": torch.zeros(2)}, tmp_path / "w.pt")
    with pytest.raises(InputError, match=r"'refine.3.bias' has shape \(2,\), the model has \(1,\)"):
        load_checkpoint(PicoSAM3(), tmp_path / "w.pt")


def test_values_that_are_not_finite_are_refused(state: State, tmp_path: Path) -> None:
    torch.save({**state, "refine.3.bias": torch.tensor([float("nan")])}, tmp_path / "w.pt")
    with pytest.raises(InputError, match="not finite"):
        load_checkpoint(PicoSAM3(), tmp_path / "w.pt")


class Payload:
    """Pickled, it would run code on loading."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("owned"),)


def test_a_file_that_would_run_code_is_refused_and_runs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Payload()}, "w.pt")
    with pytest.raises(InputError, match="cannot be read as weights"):
        load_checkpoint(PicoSAM3(), Path("w.pt"))
    assert not Path("owned").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(InputError, match="not a torch checkpoint"):
        load_checkpoint(PicoSAM3(), tmp_path / "w.pt")


def test_an_absent_file_and_one_without_tensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such weights file"):
        load_checkpoint(PicoSAM3(), tmp_path / "w.pt")
    torch.save({"epoch": 3}, tmp_path / "w.pt")
    with pytest.raises(InputError, match="holds no state dict"):
        load_checkpoint(PicoSAM3(), tmp_path / "w.pt")
