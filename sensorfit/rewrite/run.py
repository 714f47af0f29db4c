"""Small graphs and whole files in onnxruntime (extra ``fix``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingDependency
from ..graph.ir import Graph, Node, Tensor
from ..graph.write import as_model
from .derived import Derived, value


def runtime() -> Any:
    """The module onnxruntime; MissingDependency without it."""
    try:
        import onnxruntime
    except ImportError:
        raise MissingDependency(
            "sensorfit fix compares before and after in onnxruntime, which is not installed: pip install 'sensorfit[fix]'"
        ) from None
    return onnxruntime


class Runner:
    """A model loaded once and run on many inputs."""

    def __init__(self, model: bytes | Path, optimise: bool = False) -> None:
        ort = runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        level = ort.GraphOptimizationLevel
        options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
        source = model if isinstance(model, bytes) else str(model)
        self._session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self.inputs = {i.name: (tuple(i.shape), i.type) for i in self._session.get_inputs()}
        self.outputs = tuple(o.name for o in self._session.get_outputs())

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        made: list[np.ndarray] = self._session.run(
            None, {name: array for name, array in feeds.items() if name in self.inputs}
        )
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
        model = as_model(shown, lambda t: numpy_helper.from_array(np.ascontiguousarray(value(t)), t.name))
        self._runner = Runner(model.SerializeToString())

    def __call__(
        self, feeds: Mapping[str, np.ndarray], weights: Mapping[str, np.ndarray] | None = None
    ) -> list[np.ndarray]:
        made = {n: np.ascontiguousarray(value(t, weights)) for n, t in self._given.items()}
        return self._runner({**feeds, **made})


def _depends(name: str, tensor: Tensor, free: Collection[str]) -> bool:
    constant = tensor._constant
    return name in free or (isinstance(constant, Derived) and constant.depends_on(free))
