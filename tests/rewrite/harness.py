"""A rewrite tried on an inline graph, in a few lines.

    fixed = rewritten("(float[1,8,16,16] x) => (float[1,8,8,8] y) { y = MaxPool <...> (x) }", "PoolCeilMode")

The graph is ONNX text as the rules' examples are written; weights get random values. ``rewritten`` proves every step and
compares the whole in onnxruntime; ``untouched`` says that a rewrite leaves a graph alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from click.testing import Result
from onnx import numpy_helper

from sensorfit.api import load_target
from sensorfit.errors import SensorfitError
from sensorfit.graph.load import load
from sensorfit.rewrite.canonical import canonical
from sensorfit.rewrite.declare import rewrites
from sensorfit.rewrite.fix import fix
from sensorfit.rewrite.result import Fixed
from sensorfit.rewrite.settle import settle

from ..verify.text import model as parsed

TARGET = load_target()


class Case(NamedTuple):
    """A graph before and after."""

    before: onnx.ModelProto
    after: onnx.ModelProto
    fixed: Fixed

    @property
    def operators(self) -> list[str]:
        """The operators after, in order."""
        return [n.op_type for n in self.after.graph.node]


def model(text: str, opset: int = 17, seed: int = 0) -> onnx.ModelProto:
    """The model of an ONNX text, its float weights of zeros made random; a scalar is what it says."""
    made = parsed(text, opset)
    rng = np.random.default_rng(seed)
    for tensor in made.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim and values.dtype == np.float32 and not values.any():
            random = rng.normal(0, 0.5, values.shape).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(random, tensor.name))
    made.producer_name = "pytorch"
    return made


def rewritten(
    text: str | onnx.ModelProto, tmp_path: Path, *only: str, opset: int = 17, approximate: bool = False
) -> Case:
    """``fix`` on the graph: every step proven, the whole equal in onnxruntime, else an exception."""
    before = text if isinstance(text, onnx.ModelProto) else model(text, opset)
    path, out = tmp_path / "before.onnx", tmp_path / "after.onnx"
    onnx.save(before, path)
    fixed = fix(path, out, TARGET, only=only, approximate=approximate)
    after = onnx.load(out)
    onnx.checker.check_model(after, full_check=True)
    assert fixed.rewrites, "no rewrite was applied"
    return Case(before, after, fixed)


def ended(result: Result) -> tuple[int, str]:
    """Exit code and text of a command, its error's where it ended in one."""
    error = result.exception
    return (
        (error.exit_code, str(error))
        if isinstance(error, SensorfitError)
        else (result.exit_code, result.output)
    )


def untouched(text: str, name: str, opset: int = 17) -> None:
    """The rewrite ``name`` leaves the graph alone."""
    graph = canonical(load(model(text, opset)), "graph")
    known = [r for r in rewrites() if r.name == name]
    assert known, f"no rewrite is called {name}"
    assert not settle(graph, TARGET, known).steps
