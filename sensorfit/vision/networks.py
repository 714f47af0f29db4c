"""The networks that can be trained, by name, and the normalisation each was made for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch
from torch import nn

from ..errors import InputError
from ..models.registry import find
from ..suggest import did_you_mean

STUDENTS: Final = ("picosam2", "picosam3")
TEACHERS: Final = {"unet-teacher": 64, "unet-teacher-small": 32}
"""Larger U-Nets to learn from, and their channels at full resolution."""
NETWORKS: Final = (*STUDENTS, *TEACHERS)


def network(name: str, seed: int = 0) -> nn.Module:
    """A fresh network; InputError for a name that cannot be trained."""
    torch.manual_seed(seed)
    if name in TEACHERS:
        from .unet import UNetTeacher

        return UNetTeacher(TEACHERS[name])
    entry = find(name)
    if name not in STUDENTS or entry is None:
        choice = did_you_mean(name, NETWORKS, f"choose from {', '.join(NETWORKS)}")
        raise InputError(f"'{name}' cannot be trained: {choice}")
    module: nn.Module = entry.definition()()
    return module


def beginning(name: str, seed: int, weights: str) -> nn.Module:
    """The network that training begins with: fresh, or with the weights of the checkpoint ``weights``."""
    if not weights:
        return network(name, seed)
    from ..quantize.checkpoint import load_checkpoint

    module = network(name, seed)
    load_checkpoint(module, Path(weights))
    return module


class Normaliser(nn.Module):
    """uint8 RGB (N, 3, H, W) to what the networks take: (x / 255 - mean) / std."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        entry = find("picosam3")
        assert entry is not None
        self.register_buffer("mean", torch.tensor(entry.mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(entry.std).reshape(1, 3, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The normalised image, float32."""
        return (image.float() / 255 - self.mean) / self.std


def load_network(path: Path, name: str | None = None) -> tuple[str, nn.Module]:
    """(name, network) of a checkpoint, evaluating; the name is told from the keys where it is not given."""
    from ..quantize.checkpoint import load_checkpoint

    candidates = [name] if name else list(NETWORKS)
    refused: InputError | None = None
    for one in candidates:
        module = network(one)
        try:
            load_checkpoint(module, path)
        except InputError as error:
            refused = error
            continue
        return one, module.eval()
    if name or refused is None or "is not a checkpoint" not in str(refused):
        raise refused or InputError(f"{path}: is no checkpoint")
    raise InputError(f"{path}: is a checkpoint of none of {', '.join(NETWORKS)}")
