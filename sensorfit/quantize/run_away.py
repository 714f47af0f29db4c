"""Which layer of a torch module first gives values that are no numbers: asked where MCT stops at them without a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import fx, nn


def first_not_finite(module: nn.Module, batches: Iterable[list[np.ndarray]]) -> str:
    """The first layer of ``module``, in its order, with an infinite or NaN value on the images; "" where none has."""
    try:
        traced = fx.symbolic_trace(module)
        watch = _Watch(traced)
        with torch.no_grad():
            for batch in batches:
                watch.run(*(torch.from_numpy(images) for images in batch))
    except Exception:  # the module's own fault or fx's: the error that is being explained says more
        return ""
    return next((node.name for node in traced.graph.nodes if node.name in watch.bad), "")


class _Watch(fx.Interpreter):
    """Runs a module and keeps the names of nodes whose values are not finite."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.bad: set[str] = set()

    def run_node(self, n: fx.Node) -> Any:
        """As fx runs it."""
        value = super().run_node(n)
        if isinstance(value, torch.Tensor) and value.is_floating_point() and not torch.isfinite(value).all():
            self.bad.add(n.name)
        return value
