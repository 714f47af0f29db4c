"""``--weights FILE.pt``: a published checkpoint into a torch module.

A file is a state dict, or a dict that nests one. ``weights_only=True``
throughout: loading runs none of the file's code.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

NESTS = (
    "state_dict",
    "model_state_dict",
    "model",
    "model_state",
    "net",
    "weights",
    "student",
    "ema",
    "module",
)
"""Keys under which training scripts nest the state dict."""
PREFIXES = ("module.", "_orig_mod.", "model.", "student.")
"""What DataParallel, torch.compile and wrappers put before every key."""
NAMED = 100
"""How many keys an error lists before it counts the rest."""
COUNTER = "num_batches_tracked"
"""BatchNorm's counter: only training reads it, and older torch versions did not save it."""


def load_checkpoint(module: nn.Module, path: Path) -> None:
    """Load ``path`` into ``module``, strictly. InputError names the keys or shapes that do not match."""
    state = _state_dict(_read(path), path)
    state = _without_prefix(state, set(module.state_dict()))
    wanted = module.state_dict()
    missing = sorted(k for k in wanted if k not in state and not k.endswith(COUNTER))
    unexpected = sorted(k for k in state if k not in wanted and not k.endswith(COUNTER))
    if missing or unexpected:
        raise InputError(
            f"{path}: is not a checkpoint of this model: "
            f"missing {_listed(missing)}; unexpected {_listed(unexpected)}"
        )
    for key, tensor in state.items():
        if key.endswith(COUNTER):
            continue
        if tuple(tensor.shape) != tuple(wanted[key].shape):
            raise InputError(
                f"{path}: '{key}' has shape {tuple(tensor.shape)}, the model has {tuple(wanted[key].shape)}"
            )
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise InputError(
                f"{path}: '{key}' holds values that are not finite; the training diverged or the file is damaged"
            )
    module.load_state_dict(state, strict=False)


def _read(path: Path) -> Any:
    import torch

    if not path.is_file():
        raise InputError(f"{path}: there is no such weights file")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        kind = (
            "a checkpoint that holds more than tensors"
            if zipfile.is_zipfile(path)
            else "not a torch checkpoint"
        )
        raise InputError(
            f"{path}: cannot be read as weights ({kind}); save the model's state dict: torch.save(model.state_dict(), FILE)"
        ) from error


def _state_dict(found: Any, path: Path) -> dict[str, torch.Tensor]:
    import torch

    for _ in range(3):
        if isinstance(found, Mapping) and found:
            if all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in found.items()):
                return dict(found)
            nested = next((found[k] for k in NESTS if isinstance(found.get(k), Mapping)), None)
            if nested is not None:
                found = nested
                continue
        break
    raise InputError(
        f"{path}: holds no state dict (looked at the top level and under {', '.join(NESTS[:4])} ...)"
    )


def _without_prefix(state: dict[str, torch.Tensor], wanted: set[str]) -> dict[str, torch.Tensor]:
    while not wanted & set(state):
        prefix = next((p for p in PREFIXES if all(k.startswith(p) for k in state)), None)
        if prefix is None:
            break
        state = {k[len(prefix) :]: v for k, v in state.items()}
    return state


def _listed(keys: list[str]) -> str:
    if not keys:
        return "none"
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more
