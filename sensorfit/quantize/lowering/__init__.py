"""The folded, static graph as a flat ``torch.fx`` module that MCT always traces.

    graph (load) ─► one function an operator (``@lowers``) ─► GraphModule

Shapes are numbers, constants are buffers or parameters, and no shape arithmetic is left. What MCT knows as a layer
(convolutions, products with weights, normalizations, activations, pools) is the ``nn.Module`` of that layer; the rest
are the torch functions that MCT exports as the same operator again.
"""

from __future__ import annotations

from .module import to_module
from .registry import NoRoad, lowered_operators

__all__ = ["NoRoad", "lowered_operators", "to_module"]
