"""Reductions over axes, and the positions of what is largest."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch

from ...graph.ir import Node
from .builder import Builder, Value
from .registry import NoRoad, lowers

FUNCTIONS: Mapping[str, Callable[..., Any]] = {"ReduceMean": torch.mean, "ReduceSum": torch.sum, "ReduceMax": torch.amax, "ReduceMin": torch.amin, "ReduceL2": torch.norm}  # fmt: skip


@lowers(*FUNCTIONS)
def reduction(b: Builder, node: Node) -> Value:
    rank = len(b.shape(node.inputs[0]))
    axes = node.attrs.get("axes")
    if axes is None and node.input(1):
        axes = b.numbers(node.input(1))
    if not axes:
        if node.attrs.get("noop_with_empty_axes"):
            return b.value(node.inputs[0])
        axes = range(rank)
    dims = sorted(int(a) % rank for a in axes)
    kept = bool(node.attrs.get("keepdims", 1))
    dim = dims[0] if len(dims) == 1 else dims
    if node.op == "ReduceL2":
        return b.call(torch.norm, b.value(node.inputs[0]), p=2, dim=dim, keepdim=kept)
    return b.call(FUNCTIONS[node.op], b.value(node.inputs[0]), dim=dim, keepdim=kept)


@lowers("ArgMax")
def arg_max(b: Builder, node: Node) -> Value:
    if node.attrs.get("select_last_index"):
        raise NoRoad("select_last_index: torch gives the first")
    rank = len(b.shape(node.inputs[0]))
    return b.call(
        torch.argmax,
        b.value(node.inputs[0]),
        dim=int(node.attrs.get("axis", 0)) % rank,
        keepdim=bool(node.attrs.get("keepdims", 1)),
    )


@lowers("TopK")
def top_k(b: Builder, node: Node) -> tuple[Value, ...]:
    count = b.numbers(node.input(1)) if node.input(1) else [int(node.attrs["k"])]
    if not count:
        raise NoRoad("its k is computed")
    rank = len(b.shape(node.inputs[0]))
    found = b.call(
        torch.topk, b.value(node.inputs[0]), count[0], dim=int(node.attrs.get("axis", -1)) % rank,
        largest=bool(node.attrs.get("largest", 1)), sorted=bool(node.attrs.get("sorted", 1)),
    )  # fmt: skip
    return b.call(operator.getitem, found, 0), b.call(operator.getitem, found, 1)
