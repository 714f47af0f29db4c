"""MCT post-training quantization for the IMX500, and its ONNX export.

Symmetric per-channel 8-bit weights, per-tensor 8-bit activations with
power-of-two thresholds: the target description that ``rules/<target>/converter.toml`` names. The same module,
images and seed give the same bytes: one thread, every generator seeded, and
nothing in the file that names a place or a time.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import onnx

from ..errors import InputError, SensorfitError
from ..runtime.extra import need
from ..runtime.scratch import place
from ..target import Target, read_facts
from .calibration import BATCH, CalibrationSet
from .failures import failure
from .options import Quantization
from .part_names import free_for_parts

if TYPE_CHECKING:
    from torch import nn

PLAIN = Quantization()
SEARCH_IMAGES = 2
"""Images on which the bits of each layer are tried."""


def quantize(
    module: nn.Module,
    calibration: CalibrationSet,
    target: Target,
    seed: int,
    log: Path,
    batch: int = BATCH,
    options: Quantization = PLAIN,
    weights_memory: int | None = None,
    on_epoch: Callable[[int, int], None] = lambda done, of: None,
) -> nn.Module:
    """``module`` fake-quantized on ``calibration`` for ``target``. Where MCT cannot, the error that ``failures`` makes of it;
    ``log`` has what it said.

    ``weights_memory``: bytes that kernels and matrices may take, for which MCT chooses 8, 4 or 2 bits layer by layer.
    ``on_epoch`` is told of each finished epoch of gradient-based rounding.
    """
    with tool_output(log), reproducible(seed):
        mct = need("model_compression_toolkit", "model-compression-toolkit")
        device = read_facts("converter", target)["target_description"]
        tpc = need("edgemdt_tpc", "edge-mdt-tpc").get_target_platform_capabilities(
            device["version"], device["name"]
        )
        try:
            core = mct.core.CoreConfig()
            config = core.quantization_config
            config.shift_negative_activation_correction = options.shift_negative
            config.weights_bias_correction = options.bias_correction
            config.z_threshold = options.z_threshold
            common = {
                "core_config": core,
                "target_platform_capabilities": tpc,
                **_within(mct, core, weights_memory, len(calibration.images)),
            }
            images = functools.partial(calibration.batches, batch)
            if options.gptq:
                quantized, _ = mct.gptq.pytorch_gradient_post_training_quantization(
                    module,
                    images,
                    gptq_config=_gptq(mct, options.gptq, on_epoch, len(list(images()))),
                    **common,
                )
            else:
                quantized, _ = mct.ptq.pytorch_post_training_quantization(module, images, **common)
        except Exception as error:
            raise _explained(failure("quantize", error), module, calibration, batch) from error
    return quantized


def _explained(
    error: SensorfitError, module: nn.Module, calibration: CalibrationSet, batch: int
) -> SensorfitError:
    """``error``, with the layer whose values run away where that is the network's own fault."""
    from .run_away import first_not_finite

    if not isinstance(error, InputError):
        return error
    layer = first_not_finite(module, calibration.batches(batch))
    return InputError(f"{error}; the first such layer is '{layer}'") if layer else error


def _within(mct: Any, core: Any, weights_memory: int | None, images: int) -> dict[str, Any]:
    """What MCT is told for weights of mixed precision, and ``core`` set for it.

    Two images and the distance at the last layer alone keep the search short; MCT's own 32 images and every layer
    were not waited for.
    """
    if weights_memory is None:
        return {}
    core.mixed_precision_config = mct.core.MixedPrecisionQuantizationConfig(
        num_of_images=min(SEARCH_IMAGES, images),
        distance_weighting_method=mct.core.MpDistanceWeighting.LAST_LAYER,
        use_hessian_based_scores=False,
    )
    return {"target_resource_utilization": mct.core.ResourceUtilization(weights_memory=weights_memory)}


def _gptq(mct: Any, epochs: int, on_epoch: Callable[[int, int], None], batches: int) -> Any:
    """Gradient-based rounding without Hessians; the count of calls tells the epochs."""
    calls = 0

    def log(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls % batches == 0:
            on_epoch(calls // batches, epochs)

    return mct.gptq.get_pytorch_gptq_config(
        n_epochs=epochs,
        use_hessian_based_weights=False,
        use_hessian_sample_attention=False,
        gradual_activation_quantization=False,
        log_function=log,
    )


def export_int8(
    quantized: nn.Module, calibration: CalibrationSet, path: Path, target: Target, seed: int, log: Path
) -> None:
    """Write ``quantized`` as ONNX with mct_quantizers nodes, at the opset that the target's converter reads it at."""
    opset = read_facts("operators", target)["reading"]["opset_exported"]
    with tool_output(log), reproducible(seed):
        mct = need("model_compression_toolkit", "model-compression-toolkit")

        def one() -> Iterator[
            list[np.ndarray]
        ]:  # the export traces one image: batch 1 is what the sensor runs
            yield [calibration.images[:1]]

        try:
            mct.exporter.pytorch_export_model(
                quantized, str(path), repr_dataset=one, onnx_opset_version=opset
            )
        except Exception as error:
            raise failure("export", error) from error
    model = onnx.load(str(path))
    for node in model.graph.node:
        node.ClearField("doc_string")
    own_constants(model.graph)
    free_for_parts(model.graph)
    path.write_bytes(model.SerializeToString(deterministic=True))


def own_constants(graph: onnx.GraphProto) -> None:
    """Give every use of a constant a tensor of its own, in place.

    torch's export keeps equal parameters once and writes Identity nodes for the others; two matrices so shared are both
    transposed by the converter's front end, which then stops ("Inferred shape and existing shape differ").
    """
    constants = {constant.name: constant for constant in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Identity"]:
        if (shared := constants.get(node.input[0])) is None:
            continue
        own = graph.initializer.add()
        own.CopyFrom(shared)
        own.name = node.output[0]
        graph.node.remove(node)


@contextlib.contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """One torch thread and every generator seeded; what stood before is restored."""
    torch = need("torch")
    threads, states = (
        torch.get_num_threads(),
        (random.getstate(), np.random.get_state(), torch.get_rng_state()),
    )
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


@contextlib.contextmanager
def tool_output(log: Path) -> Iterator[None]:
    """What the tools print, log or warn goes to the end of ``log`` instead of the terminal."""
    with log.open("a", encoding="utf-8") as file, contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(file))
        stack.enter_context(contextlib.redirect_stderr(file))
        stack.enter_context(_children_to(file))
        stack.enter_context(_temporary_files_at(place()))
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(_handlers_to(file))
        yield


@contextlib.contextmanager
def _children_to(file: TextIO) -> Iterator[None]:
    """Standard output of programs that a tool starts (MCT's solver) goes to ``file`` too."""
    stdout = 1
    kept = os.dup(stdout)
    os.dup2(file.fileno(), stdout)
    try:
        yield
    finally:
        os.dup2(kept, stdout)
        os.close(kept)


@contextlib.contextmanager
def _temporary_files_at(directory: Path) -> Iterator[None]:
    """Programs that a tool starts put temporary files in ``directory``: MCT's solver splits their paths at blanks."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(directory)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


@contextlib.contextmanager
def _handlers_to(file: TextIO) -> Iterator[None]:
    """Logging handlers that hold the terminal's streams, lent to ``file``; new ones are let go of afterwards."""
    lent = {h: h.stream for h in _stream_handlers() if h.stream in (sys.__stdout__, sys.__stderr__)}
    for handler in lent:
        handler.setStream(file)
    try:
        yield
    finally:
        for handler in _stream_handlers():
            if handler.stream is file:
                handler.setStream(lent.get(handler, sys.__stderr__))


def _stream_handlers() -> list[logging.StreamHandler[Any]]:
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    return [h for logger in loggers for h in logger.handlers if isinstance(h, logging.StreamHandler)]
