"""Reductions, written as the opset has them."""

from __future__ import annotations

from collections.abc import Sequence

from ..draft import Draft


def reduced(draft: Draft, op: str, x: str, axes: Sequence[int], keepdims: int = 1) -> str:
    """A reduction, whose axes are an input from opset 18 on (of ReduceSum always)."""
    if op == "ReduceSum" or draft.opset >= 18:
        return str(draft.op(op, x, draft.ints(axes), keepdims=keepdims))
    return str(draft.op(op, x, axes=[*axes], keepdims=keepdims))
