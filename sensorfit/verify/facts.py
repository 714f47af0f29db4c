"""What the converter does with each operator: ``rules/<target>/operators.toml``, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ..graph.ir import Graph, Node
from ..target import Target, read_facts


@cache
def operators(target: Target) -> Mapping[str, Mapping[str, Any]]:
    """A row for each operator that was probed, by ONNX name."""
    return read_facts("operators", target)["operators"]


@cache
def converter(target: Target) -> str:
    """The version that every row was measured on."""
    return str(read_facts("operators", target)["converter"])


def attribute(node: Node, name: str, facts: Mapping[str, Any]) -> Any:
    """The attribute of ``node``, else its default from the operator's row."""
    if name in node.attrs:
        return node.attrs[name]
    return facts.get("defaults", {}).get(name)


def ints(graph: Graph, tensor: str) -> tuple[int, ...] | None:
    """The integers a constant holds; None when it is computed or its data is absent."""
    values = graph.numbers(tensor) if tensor else None
    return None if values is None else tuple(map(int, values))


@cache
def reading(target: Target) -> Mapping[str, Any]:
    """What the front end reads at all: opsets."""
    return read_facts("operators", target)["reading"]
