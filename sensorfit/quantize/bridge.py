"""What a build starts from: a torch module, from a built-in definition or through onnx2torch.

A user's ONNX file is brought to torch and then run beside onnxruntime on the
same input: a bridge that changes the numbers is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx

from ..errors import ConfigError, ModelError, SensorfitError
from ..graph.external import bring_in
from ..graph.limits import read_model
from ..graph.shapes import shape_of
from ..graph.stored import has_data, is_external
from ..models.registry import Entry, find, nothing_called
from ..runtime.extra import first_line, need
from .calibration import BATCH

if TYPE_CHECKING:
    from torch import nn

TOLERANCE = 1e-3
"""Largest difference between torch and onnxruntime, relative to the output's largest value; float sums differ by less."""
NEAR = 0.05
"""How far random BatchNorms and biases are from doing nothing."""


@dataclass(frozen=True)
class Source:
    """The float network to quantize. ``shape`` is (C, H, W)."""

    name: str
    module: nn.Module
    shape: tuple[int, int, int]
    origin: str
    """"built-in" or the file's name."""
    sha256: str
    """Of the ONNX file, or of the weights file; "" for a built-in with random weights."""
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    onnx_file: Path | None = None
    """The user's file, when that is what came in."""
    random_weights: bool = False
    batch: int = BATCH
    """Images to run at a time: 1 where the graph was exported for one."""


def source(model: str, weights: Path | None, size: int | None, seed: int) -> Source:
    """The network called ``model``: a path to an ONNX file or a built-in name."""
    path = Path(model)
    if path.exists():
        if weights is not None:
            raise ConfigError(f"--weights goes with a built-in model; {path} carries its own weights")
        return _from_onnx(path, size)
    entry = find(model)
    if entry is None:
        raise ModelError(nothing_called(model, buildable=True))
    return _from_entry(entry, weights, size, seed)


def _from_entry(entry: Entry, weights: Path | None, size: int | None, seed: int) -> Source:
    if not entry.buildable:
        raise ConfigError(
            f"{entry.name}: is built in for `sensorfit check` only; to build it, give an ONNX file with its weights"
        )
    channels, height, width = entry.input_shape
    if size is not None:
        if size % entry.stride or size <= 0:
            raise ConfigError(
                f"--size {size}: {entry.title} halves its input until 1/{entry.stride}, so the size is a multiple of {entry.stride}"
            )
        height = width = size
    need("torch")
    module = entry.definition()().eval()
    digest = ""
    if weights is None:
        randomise(module, seed)
    else:
        from .checkpoint import load_checkpoint

        load_checkpoint(module, weights)
        digest = sha256_of(weights)
    return Source(
        name=entry.name,
        module=module,
        shape=(channels, height, width),
        origin="built-in",
        sha256=digest,
        mean=entry.mean,
        std=entry.std,
        random_weights=weights is None,
    )


def randomise(module: nn.Module, seed: int) -> None:
    """Random weights for ``module`` from ``seed``, in place: He for convolutions, BatchNorms near the identity.

    The signal keeps its size from layer to layer, so that ranges are those of
    a working network; torch's own initialisation lets it fade. No two tensors
    are equal: the ONNX exporter would merge them and the file lose parameters.
    """
    torch = need("torch")
    init = torch.nn.init
    generator = torch.Generator().manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d):
            init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                init.normal_(layer.bias, 0, NEAR, generator=generator)
        elif isinstance(layer, torch.nn.BatchNorm2d):
            for tensor in (layer.weight, layer.running_var):
                init.uniform_(tensor, 1 - NEAR, 1 + NEAR, generator=generator)
            for tensor in (layer.bias, layer.running_mean):
                init.normal_(tensor, 0, NEAR, generator=generator)


def _from_onnx(path: Path, size: int | None) -> Source:
    proto = read_model(path)
    shape = _image_shape(proto, path, size)
    _needs_weights(proto, path)
    module = to_torch(_fixed(proto, shape), path, shape)
    _same_numbers(module, proto, shape, path)
    return Source(
        name=path.stem, module=module, shape=shape, origin=path.name, sha256=sha256_of(path), onnx_file=path
    )


def to_torch(proto: onnx.ModelProto, path: Path, shape: Sequence[int]) -> nn.Module:
    """The torch module that onnx2torch makes of ``proto``, for one image of ``shape`` (C, H, W).

    ModelError names the operator that onnx2torch does not know.
    """
    torch, convert = need("torch"), need("onnx2torch").convert
    from . import static

    try:
        module = convert(static.prepared(proto)).eval()
        return static.write_out(module, torch.zeros(1, *shape))
    except NotImplementedError as error:
        raise ModelError(
            f"{path}: onnx2torch has no torch counterpart for one of its nodes ({first_line(error)}); "
            "replace that operator, or quantize the torch module it was exported from"
        ) from error
    except SensorfitError:
        raise
    except Exception as error:
        raise ModelError(f"{path}: onnx2torch cannot bring it to torch ({first_line(error)})") from error


def _fixed(proto: onnx.ModelProto, shape: Sequence[int]) -> onnx.ModelProto:
    """``proto`` with its image input fixed at (1, ``shape``), in place."""
    initializers = {t.name for t in proto.graph.initializer}
    value = next(i for i in proto.graph.input if i.name not in initializers)
    for dim, size in zip(value.type.tensor_type.shape.dim, (1, *shape), strict=True):
        dim.dim_value = size
    return proto


def _image_shape(proto: onnx.ModelProto, path: Path, size: int | None) -> tuple[int, int, int]:
    initializers = {t.name for t in proto.graph.initializer}
    inputs = [i for i in proto.graph.input if i.name not in initializers]
    if len(inputs) != 1:
        raise ModelError(
            f"{path}: has {len(inputs)} inputs ({', '.join(i.name for i in inputs)}); a build needs one image input"
        )
    value = inputs[0]
    dims = shape_of(value.type) or ()
    if len(dims) != 4:
        raise ModelError(
            f"{path}: input '{value.name}' has {len(dims)} dimensions; a build needs an image (1, channels, height, width)"
        )
    batch, channels, height, width = dims
    if batch not in (None, 1):
        raise ModelError(
            f"{path}: input '{value.name}' has batch {batch}; the sensor runs one image at a time: export it with batch 1"
        )
    if channels not in (1, 3):
        raise ModelError(
            f"{path}: input '{value.name}' has {channels} channels in the second place; a build needs 1 or 3 (NCHW)"
        )
    if size is not None:
        if any(d not in (None, size) for d in (height, width)):
            raise ConfigError(
                f"--size {size}: {path} is fixed at {height}x{width}; export it at the size you want"
            )
        height = width = size
    if not height or not width:
        raise ConfigError(f"{path}: input '{value.name}' has no fixed height and width: give --size N")
    return channels, height, width


def _needs_weights(proto: onnx.ModelProto, path: Path) -> None:
    """Bring external data in; ModelError when an initializer's data is nowhere."""
    for tensor in proto.graph.initializer:
        place = next((e.value for e in tensor.external_data if e.key == "location"), "an external file")
        if is_external(tensor) and not bring_in(tensor, path.parent):
            raise ModelError(
                f"{path}: '{tensor.name}' is stored in {place}, which is not there; put it beside the model"
            )
        if 0 not in tensor.dims and not has_data(tensor):
            raise ModelError(
                f"{path}: '{tensor.name}' has no data: this graph can be checked but not built; give the file with its weights"
            )


def _same_numbers(module: nn.Module, proto: onnx.ModelProto, shape: Sequence[int], path: Path) -> None:
    torch, ort = need("torch"), need("onnxruntime")
    image = np.random.default_rng(0).random((1, *shape), dtype=np.float32)
    try:
        session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        expected = session.run(None, {session.get_inputs()[0].name: image})
    except Exception as error:
        raise ModelError(f"{path}: onnxruntime cannot run it ({first_line(error)})") from error
    try:
        with torch.no_grad():
            found = module(torch.from_numpy(image))
    except Exception as error:
        raise ModelError(f"{path}: its torch form does not run ({first_line(error)})") from error
    outputs = [found] if isinstance(found, torch.Tensor) else list(found)
    if len(outputs) != len(expected):
        raise ModelError(
            f"{path}: onnx2torch gives {len(outputs)} outputs, the graph has {len(expected)}, so a build would not be your network"
        )
    for value, a, b in zip(proto.graph.output, expected, outputs, strict=True):
        scale = float(np.abs(a).max()) or 1.0
        difference = float(np.abs(a - b.numpy()).max()) / scale if a.shape == tuple(b.shape) else float("inf")
        if not difference <= TOLERANCE:
            raise ModelError(
                f"{path}: onnx2torch changes output '{value.name}' (relative difference {difference:.1e} to onnxruntime, "
                f"{TOLERANCE:.0e} allowed), so a build would not be your network"
            )


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
