"""Parameters to a network: by a built-in family, or by the user's own function."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import onnx

from ..errors import ConfigError
from .families.known import FAMILIES
from .sketch import Sketch

KINDS: Final = (
    "an onnx.ModelProto, the path of an ONNX file, a torch module, or (module, (channels, height, width))"
)


def draw(family: str, chosen: Mapping[str, Any]) -> Sketch:
    """The network of a built-in family; ValueError where the parameters do not go together."""
    known = FAMILIES[family]
    return known.draw(**{name: chosen.get(name, option.default) for name, option in known.options.items()})


@lru_cache
def function_at(place: str, folder: str) -> Callable[..., Any]:
    """The function ``package.module:function``, modules in ``folder`` included; ConfigError where there is none."""
    module, _, name = place.partition(":")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found = getattr(import_module(module), name, None)
    except Exception as error:
        raise ConfigError(
            f"{place}: its module cannot be imported ({type(error).__name__}: {error})"
        ) from error
    if not callable(found):
        raise ConfigError(f"{place}: there is no such function")
    return found


def check_signature(place: str, folder: str, names: Sequence[str]) -> None:
    """ConfigError where the user's function cannot be called with these parameters."""
    function = function_at(place, folder)
    try:
        inspect.signature(function).bind(**dict.fromkeys(names))
    except ValueError:  # one without a signature
        return
    except TypeError as error:
        raise ConfigError(f"{place}: cannot be called with the space's parameters ({error})") from None


def made_by(
    place: str, folder: str, chosen: Mapping[str, Any], shape: tuple[int, int, int] | None
) -> onnx.ModelProto | Path:
    """What the user's function makes, as a model or a file; TypeError for what is neither."""
    made = function_at(place, folder)(**chosen)
    if isinstance(made, onnx.ModelProto):
        return made
    if isinstance(made, (str, Path)):
        return Path(made)
    if isinstance(made, tuple) and len(made) == 2:
        made, shape = made
    torch = sys.modules.get("torch")  # nobody makes a module without it
    if torch is None or not isinstance(made, torch.nn.Module):
        raise TypeError(f"it returned {type(made).__name__}; return {KINDS}")
    if shape is None:
        raise TypeError(
            "it returned a module without its input: return (module, (3, 96, 96)), or write input = [3, 96, 96]"
        )
    from ..models.export import export_float

    return export_float(made, tuple(shape))
