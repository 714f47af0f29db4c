"""MCT post-training quantization for the IMX500, and its ONNX export.

Symmetric per-channel 8-bit weights, per-tensor 8-bit activations with
power-of-two thresholds: the target description that ``rules/<target>/converter.toml`` names. The same module,
images and seed give the same bytes: one thread, every generator seeded, and
nothing in the file that names a place or a time.
"""

from __future__ import annotations

import contextlib
import logging
import random
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import onnx

from ..errors import ToolchainError
from ..runtime.extra import first_line, need
from ..target import Target, read_facts
from .calibration import BATCH, CalibrationSet
from .options import Quantization

if TYPE_CHECKING:
    from torch import nn

PLAIN = Quantization()
OPSET = 20
"""Of the export: the one MCT 2.5 writes Gelu at, which the converter accepts."""


def quantize(
    module: nn.Module,
    calibration: CalibrationSet,
    target: Target,
    seed: int,
    log: Path,
    batch: int = BATCH,
    options: Quantization = PLAIN,
) -> nn.Module:
    """``module`` fake-quantized on ``calibration`` for ``target``. ToolchainError when MCT cannot; ``log`` has what it said."""
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
            quantized, _ = mct.ptq.pytorch_post_training_quantization(
                module,
                lambda: calibration.batches(batch),
                core_config=core,
                target_platform_capabilities=tpc,
            )
        except Exception as error:
            raise _failed("quantize", error) from error
    return quantized


def export_int8(quantized: nn.Module, calibration: CalibrationSet, path: Path, seed: int, log: Path) -> None:
    """Write ``quantized`` as ONNX with mct_quantizers nodes, opset 20."""
    with tool_output(log), reproducible(seed):
        mct = need("model_compression_toolkit", "model-compression-toolkit")

        def one() -> Iterator[
            list[np.ndarray]
        ]:  # the export traces one image: batch 1 is what the sensor runs
            yield [calibration.images[:1]]

        try:
            mct.exporter.pytorch_export_model(
                quantized, str(path), repr_dataset=one, onnx_opset_version=OPSET
            )
        except Exception as error:
            raise _failed("export", error) from error
    model = onnx.load(str(path))
    for node in model.graph.node:
        node.ClearField("doc_string")
    path.write_bytes(model.SerializeToString(deterministic=True))


def _failed(what: str, error: Exception) -> ToolchainError:
    return ToolchainError(f"model-compression-toolkit could not {what} the network ({first_line(error)})")


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
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(_handlers_to(file))
        yield


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
