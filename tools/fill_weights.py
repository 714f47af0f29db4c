"""Random weights in place of zeroed ones, so that a network whose weights were left out can be built.

Kernels and matrices take He-normal values, biases small ones, the parameters of a BatchNormalization values near the
identity. No two tensors are equal: an exporter would merge them, and the file lose parameters.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

NEAR = 0.05
"""How far scales are from 1, and the deviation of biases."""
PARAMETERS = ("scale", "bias", "mean", "variance")
"""Inputs 1 to 4 of a BatchNormalization."""
KERNELS = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def filled(packed: Path, seed: int = 0) -> onnx.ModelProto:
    """The model in ``packed`` (an ONNX file, gzipped) with every float initializer that is all zero filled from ``seed``."""
    model = onnx.load_model_from_string(gzip.decompress(packed.read_bytes()))
    rng = np.random.default_rng(seed)
    roles: dict[str, str] = {}
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if node.op_type == "BatchNormalization" and index:
                roles[name] = PARAMETERS[index - 1]
            elif node.op_type in KERNELS and index == 1:
                roles.setdefault(name, "kernel")
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype not in (np.float32, np.float16) or array.size == 0 or array.any():
            continue
        role = roles.get(tensor.name, "kernel" if array.ndim > 1 else "bias")
        values = _values(role, array.shape, rng).astype(array.dtype)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return model


def _values(role: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    if role == "kernel":
        inputs = int(np.prod(shape[1:])) if len(shape) > 2 else shape[0]
        return rng.normal(0, np.sqrt(2 / max(1, inputs)), shape)
    if role in ("scale", "variance"):
        return rng.uniform(1 - NEAR, 1 + NEAR, shape)
    return rng.normal(0, NEAR, shape)
