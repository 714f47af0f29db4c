"""What a build starts from: a torch module, from a built-in definition or from a file's graph (``lowering``).

A user's ONNX file is brought to torch and then run beside onnxruntime on the
same input: a bridge that changes the numbers is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx

from ..errors import ConfigError, ModelError
from ..graph.external import bring_in
from ..graph.image import looks_channels_last, no_single_image
from ..graph.limits import read_model
from ..graph.load import load
from ..graph.shapes import shape_of
from ..graph.stored import constants, has_data, is_external
from ..models.registry import Entry, find, nothing_called
from ..numerics.difference import UNIT
from ..numerics.own_rounding import TIMES, own_rounding
from ..numerics.unsound import UNSOUND
from ..runtime.extra import first_line, need
from .calibration import BATCH
from .lowering import NoRoad, to_module

if TYPE_CHECKING:
    from torch import nn

TOLERANCE = 1e-3
"""Largest difference between torch and onnxruntime, relative to the output's largest value; float sums differ by less."""
HALF_TOLERANCE = 3e-2
"""The same for a file in float16, whose sums onnxruntime rounds to 11 bits."""
NEAR = 0.05
"""How far random BatchNorms and biases are from doing nothing."""


class NotCarried(ModelError):
    """The file can be read, but no torch form of it is its network: where the check refuses it, that is why."""


@dataclass(frozen=True)
class Source:
    """The float network to quantize. ``shape`` is (C, H, W)."""

    name: str
    module: nn.Module
    shape: tuple[int, int, int]
    origin: str
    """"built-in" or the file's name."""
    sha256: str
    """Of the ONNX file, or of the weights' file; "" for a built-in with random weights."""
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    onnx_file: onnx.ModelProto | None = None
    """The user's model with its weights, when that is what came in and what is built."""
    weights: str = "file"
    """Whose they are: the ONNX ``file``'s own; of a built-in model ``random``, ``shipped`` or the name of the file given."""
    batch: int = BATCH
    """Images to run at a time: 1 where the graph was exported for one."""
    notes: tuple[str, ...] = ()
    """What was changed on the way to torch."""


def source(model: str, weights: Path | None, size: tuple[int, int] | None, seed: int) -> Source:
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


def _from_entry(entry: Entry, weights: Path | None, size: tuple[int, int] | None, seed: int) -> Source:
    if not entry.buildable:
        raise ConfigError(
            f"{entry.name}: is built in for `sensorfit check` only; to build it, give an ONNX file with its weights"
        )
    channels, height, width = entry.input_shape
    if size is not None:
        if any(side % entry.stride or side <= 0 for side in size):
            raise ConfigError(
                f"--size {size[0]}x{size[1]}: {entry.title} halves its input until 1/{entry.stride}, so each side is a multiple of {entry.stride}"
            )
        height, width = size
    need("torch")
    module = entry.definition()().eval()
    taken = weights or entry.weights
    digest = ""
    if taken is None:
        randomise(module, seed)
    else:
        from .checkpoint import load_checkpoint

        load_checkpoint(module, taken)
        digest = sha256_of(taken)
    return Source(
        name=entry.name,
        module=module,
        shape=(channels, height, width),
        origin="built-in",
        sha256=digest,
        mean=entry.mean,
        std=entry.std,
        weights="random" if taken is None else "shipped" if weights is None else weights.name,
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


def _from_onnx(path: Path, size: tuple[int, int] | None) -> Source:
    proto = read_model(path)
    shape = _image_shape(proto, path, size)
    _needs_weights(proto, path)
    graph = load(path, path.stem, {"": (1, *shape)}, proto=proto)
    try:
        module = to_module(graph)
    except NoRoad as error:
        raise NotCarried(f"{path}: {error}") from error
    noted = _same_numbers(module, proto, shape, path)
    half = graph.tensors[graph.inputs[0]].dtype == "float16"
    return Source(
        name=path.stem,
        module=module,
        shape=shape,
        origin=path.name,
        sha256=sha256_of(path),
        onnx_file=None if half else proto,
        batch=BATCH if _takes_batches(module, shape) else 1,
        notes=(*(("the file is in float16: built from its values in float32",) if half else ()), *noted),
    )


def _takes_batches(module: nn.Module, shape: Sequence[int]) -> bool:
    """Whether two images at a time give what they give one by one; a graph exported for one may have written that out."""
    torch = need("torch")
    images = torch.from_numpy(np.random.default_rng(0).random((2, *shape), dtype=np.float32))
    try:
        with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):  # torch.fx prints where it failed
            both, *single = (
                [o] if isinstance(o, torch.Tensor) else [*o]
                for o in map(module, (images, images[:1], images[1:]))
            )
        return all(
            b.shape[:1] == (2,) and torch.allclose(b, torch.cat(parts), rtol=TOLERANCE, atol=TOLERANCE)
            for b, *parts in zip(both, *single, strict=True)
        )
    except Exception:  # a shape that only one image has
        return False


def _image_shape(proto: onnx.ModelProto, path: Path, size: tuple[int, int] | None) -> tuple[int, int, int]:
    initializers = {t.name for t in proto.graph.initializer}
    inputs = [i for i in proto.graph.input if i.name not in initializers]
    dimensions = {i.name: len(shape_of(i.type) or ()) for i in inputs}
    if said := no_single_image(dimensions):
        raise ModelError(f"{path}: {said}")
    value = inputs[0]
    dims = shape_of(value.type) or ()
    batch, channels, height, width = dims
    if batch not in (None, 1):
        raise ModelError(
            f"{path}: input '{value.name}' has batch {batch}; the sensor runs one image at a time: export it with batch 1, or let --fix make it 1"
        )
    if looks_channels_last(dims):
        raise ModelError(
            f"{path}: input '{value.name}' looks like NHWC: {channels} channels, {width} pixels wide; the sensor's image is "
            "(1, channels, height, width): run sensorfit fix, which turns it, or export with channels first (tf2onnx: --inputs-as-nchw)"
        )
    if channels is None:
        raise ModelError(
            f"{path}: input '{value.name}' has an open number of channels; export it with a fixed one"
        )
    if size is not None:
        fixed = [(d, s) for d, s in zip((height, width), size, strict=True) if d not in (None, s)]
        if fixed:
            raise ConfigError(
                f"--size {size[0]}x{size[1]}: {path} is fixed at {height or 'any height'}x{width or 'any width'}; export it at the size you want"
            )
        height, width = size
    if not height or not width:
        raise ConfigError(f"{path}: input '{value.name}' has no fixed height and width: give --size HxW")
    return channels, height, width


def _needs_weights(proto: onnx.ModelProto, path: Path) -> None:
    """Bring external data in; ModelError when that of an initializer or a Constant is nowhere."""
    for tensor in constants(proto.graph):
        place = next((e.value for e in tensor.external_data if e.key == "location"), "an external file")
        if is_external(tensor) and not bring_in(tensor, path.parent):
            raise ModelError(
                f"{path}: '{tensor.name}' is stored in {place}, which is not there; put it beside the model"
            )
        if 0 not in tensor.dims and not has_data(tensor):
            raise ModelError(
                f"{path}: '{tensor.name}' has no data: this graph can be checked but not built; give the file with its weights"
            )


def _same_numbers(
    module: nn.Module, proto: onnx.ModelProto, shape: Sequence[int], path: Path
) -> tuple[str, ...]:
    """Hold the torch form against onnxruntime; a note where the network's own rounding hides whether they agree.

    Raises NotCarried where they differ by more than the tolerance and ``TIMES`` what one unit of the input makes.
    """
    torch, ort = need("torch"), need("onnxruntime")
    image = np.random.default_rng(0).random((1, *shape), dtype=np.float32)
    try:
        session = ort.InferenceSession(
            str(path), providers=["CPUExecutionProvider"], disabled_optimizers=[*UNSOUND]
        )
        given = session.get_inputs()[0]
        feed = image.astype(np.float16) if "float16" in given.type else image
        expected = session.run(None, {given.name: feed})
    except Exception as error:
        raise NotCarried(f"{path}: onnxruntime cannot run it ({first_line(error)})") from error
    tolerance = TOLERANCE if "float16" not in given.type else HALF_TOLERANCE
    for value, a in zip(proto.graph.output, expected, strict=True):
        if bad := int((~np.isfinite(a)).sum()):
            raise ModelError(
                f"{path}: output '{value.name}' has infinite or NaN values, {bad:,} of {a.size:,} on random pixels (overflow in "
                "float32 or a division by zero, in onnxruntime too): such a network has no ranges to quantize; give trained weights"
            )
    try:
        with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):  # torch.fx prints where it failed
            found = module(torch.from_numpy(image))
    except Exception as error:
        raise NotCarried(f"{path}: its torch form does not run ({first_line(error)})") from error
    outputs = [found] if isinstance(found, torch.Tensor) else list(found)
    for value, a, b in zip(proto.graph.output, expected, outputs, strict=True):
        difference = _relative(a, b.numpy())
        if not difference <= tolerance:
            own = UNIT * own_rounding(lambda feeds: session.run(None, dict(feeds)), {given.name: feed})
            if difference <= TIMES * own:
                return (
                    f"whether its torch form is the same could not be shown: one unit of float32 at the input moves its outputs "
                    f"by {own:.1%}, the torch form by {difference:.1%} (values up to {np.abs(a).max():.0e}): are these trained weights?",
                )
            raise NotCarried(
                f"{path}: its torch form changes output '{value.name}' (relative difference {difference:.1e} to onnxruntime, "
                f"{tolerance:.0e} allowed), so a build would not be your network"
            )
    return ()


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference of ``b`` to ``a``, relative to the largest of ``a``."""
    if a.shape != b.shape:
        return float("inf")
    return float(np.abs(a - b).max(initial=0)) / (float(np.abs(a).max(initial=0)) or 1.0)


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
