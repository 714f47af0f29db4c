"""Small graphs and whole files in onnxruntime (extra ``fix``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import MissingDependency, ModelError
from ..graph.ir import Graph, Node, Tensor
from ..graph.write import as_model
from ..numerics.unsound import UNSOUND
from .derived import Derived, value

ERRORS: Final = 3


def runtime() -> Any:
    """The module onnxruntime; MissingDependency without it."""
    try:
        import onnxruntime
    except ImportError:
        raise MissingDependency(
            "sensorfit fix compares before and after in onnxruntime, which is not installed: pip install 'sensorfit[fix]'"
        ) from None
    onnxruntime.set_default_logger_severity(
        ERRORS
    )  # what it finds deprecated in a file is nothing to act on here
    return onnxruntime


class NotRun(ModelError):
    """onnxruntime does not compute this model; the message is what it says."""

    @classmethod
    def because(cls, error: Exception) -> NotRun:
        """From an exception of onnxruntime: the last part of its line, where the reason stands."""
        said = " ".join(str(error).split())
        for mark in ("Status Message: ", "Exception during initialization: "):
            said = said.rpartition(mark)[2]
        said = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .*? failed:)?", "", said)
        said = re.sub(r"^/\S+ .*[\])] (?=[^\])]* was false)", "", said)  # where in its source it was found
        return cls(said[:300] or type(error).__name__)


class Runner:
    """A model loaded once and run on many inputs; NotRun where onnxruntime does not compute it."""

    def __init__(self, model: bytes | Path, optimise: bool = False) -> None:
        ort = runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # for a few runs, planning who takes whose memory (a second for 4,000 nodes) takes longer than it saves
        options.enable_mem_pattern = options.enable_mem_reuse = False
        level = ort.GraphOptimizationLevel
        options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
        source = model if isinstance(model, bytes) else str(model)
        try:
            self._session = ort.InferenceSession(
                source, options, providers=["CPUExecutionProvider"], disabled_optimizers=[*UNSOUND]
            )
        except Exception as error:
            raise NotRun.because(error) from error
        self.inputs = {i.name: (tuple(i.shape), i.type) for i in self._session.get_inputs()}
        self.outputs = tuple(o.name for o in self._session.get_outputs())

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        try:
            made: list[np.ndarray] = self._session.run(
                None, {name: array for name, array in feeds.items() if name in self.inputs}
            )
        except Exception as error:
            raise NotRun.because(error) from error
        return made


def part(
    graph: Graph,
    nodes: Sequence[Node],
    tensors: Mapping[str, Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
) -> Graph:
    """``nodes`` as a graph of their own."""
    read = {t for n in nodes for t in (*n.inputs, *n.outputs) if t} | {*inputs, *outputs}
    return Graph(
        "part",
        tuple(nodes),
        {t: tensors[t] for t in read if t in tensors},
        tuple(inputs),
        tuple(outputs),
        graph.opset,
    )


class Part:
    """A graph with its weights; those called ``free``, and what is derived of them, are given anew at every run."""

    def __init__(self, graph: Graph, free: Collection[str] = ()) -> None:
        from onnx import numpy_helper

        self._given = {n: t for n, t in graph.tensors.items() if t.constant and _depends(n, t, free)}
        open_ = {n: replace(t, constant=False, _constant=None) for n, t in self._given.items()}
        shown = graph.replace(inputs=(*graph.inputs, *open_), tensors={**graph.tensors, **open_})
        model = as_model(shown, lambda t: numpy_helper.from_array(np.asarray(value(t), order="C"), t.name))
        self._runner = Runner(model.SerializeToString())

    def __call__(
        self, feeds: Mapping[str, np.ndarray], weights: Mapping[str, np.ndarray] | None = None
    ) -> list[np.ndarray]:
        made = {n: np.asarray(value(t, weights), order="C") for n, t in self._given.items()}
        return self._runner({**feeds, **made})


def _depends(name: str, tensor: Tensor, free: Collection[str]) -> bool:
    constant = tensor._constant
    return name in free or (isinstance(constant, Derived) and constant.depends_on(free))
