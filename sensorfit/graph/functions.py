"""Bounds on a model's local functions, known before anything expands them.

Expanding writes a function's body out at every call, those in subgraphs too,
and ONNX does it by recursion in C++. So what each function expands to is summed
up first, callees before callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from onnx import FunctionProto, ModelProto, NodeProto

from ..errors import ModelError
from .subgraphs import has_subgraphs, subgraphs

MAX_CALL_DEPTH: Final = 100
"""Calls within calls; the recursion that expands them overflows its stack near ten thousand."""

Key = tuple[str, str, str]
"""Domain, name and overload: what a node calls a function by."""
Placed = tuple[NodeProto, int]
"""A node and how many subgraphs it stands in."""


class Expansion(NamedTuple):
    """What nodes become when every call among them is written out."""

    nodes: int
    bytes: int
    """Of the expanded calls; the nodes themselves are in the file and bounded there."""
    references: int
    """Attributes that take their value from the caller: each is a copy of it."""
    depth: int
    """Of subgraphs."""
    calls: int
    """Calls within calls."""


class _Function(NamedTuple):
    name: str
    nodes: list[Placed]
    bytes: int
    defaults: int
    """Bytes of the attributes' default values."""


def check_function_limits(
    proto: ModelProto, name: str, *, max_nodes: int, max_bytes: int, max_depth: int
) -> None:
    """ModelError where a local function calls itself, is defined twice or is given a graph, and where they expand past a
    bound; ``max_bytes`` is what they may add to the file."""
    if not proto.functions:
        return
    functions: dict[Key, _Function] = {}
    for function in proto.functions:
        key = _key(function.domain, function.name, function.overload)
        if key in functions:
            raise ModelError(f"{name}: local function '{function.name}' is defined twice")
        functions[key] = _read(function)
    nodes = [*_placed(proto.graph.node)]
    for caller in (nodes, *(function.nodes for function in functions.values())):
        for node, _ in caller:
            if _called(node) in functions and has_subgraphs(node):
                raise ModelError(
                    f"{name}: a graph is passed to local function '{node.op_type}'; write it out in place"
                )
    whole = _expanded(nodes, functions, _expansions(functions, name))
    if whole.calls > MAX_CALL_DEPTH:
        raise ModelError(f"{name}: its local functions call one another more than {MAX_CALL_DEPTH} deep")
    if whole.nodes > max_nodes:
        raise ModelError(f"{name}: its local functions expand to more than {max_nodes:,} nodes")
    if whole.depth > max_depth:
        raise ModelError(f"{name}: its local functions expand to subgraphs nested more than {max_depth} deep")
    if whole.bytes - sum(f.bytes for f in functions.values()) > max_bytes:
        raise ModelError(f"{name}: expanding its local functions adds more than {max_bytes >> 20} MiB")


def _read(function: FunctionProto) -> _Function:
    return _Function(
        function.name,
        [*_placed(function.node)],
        sum(node.ByteSize() for node in function.node),
        sum(attribute.ByteSize() for attribute in function.attribute_proto),
    )


def _expansions(functions: Mapping[Key, _Function], name: str) -> dict[Key, Expansion]:
    """Each function's, callees first, without recursion."""
    known: dict[Key, Expansion] = {}
    for start in functions:
        stack = [] if start in known else [start]
        open_ = {start}
        while stack:
            key = stack[-1]
            called = dict.fromkeys(_called(node) for node, _ in functions[key].nodes)
            callee = next((c for c in called if c in functions and c not in known), None)
            if callee is None:
                known[key] = _expanded(functions[key].nodes, functions, known)
                open_.discard(stack.pop())
            elif callee in open_:
                raise ModelError(f"{name}: local function '{functions[callee].name}' calls itself")
            else:
                open_.add(callee)
                stack.append(callee)
    return known


def _expanded(
    nodes: Iterable[Placed], functions: Mapping[Key, _Function], known: Mapping[Key, Expansion]
) -> Expansion:
    count = size = references = depth = calls = 0
    for node, level in nodes:
        key = _called(node)
        references += sum(1 for a in node.attribute if a.ref_attr_name)
        depth = max(depth, level)
        if key not in functions:
            count += 1
            continue
        inner, function = known[key], functions[key]
        passed = function.defaults + sum(a.ByteSize() for a in node.attribute)
        count += inner.nodes
        size += function.bytes + inner.bytes + passed * inner.references
        references += inner.references
        depth = max(depth, level + inner.depth)
        calls = max(calls, 1 + inner.calls)
    return Expansion(count, size, references, depth, calls)


def _placed(nodes: Iterable[NodeProto]) -> Iterator[Placed]:
    waiting = [(node, 0) for node in nodes]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(inner, depth + 1) for graph in subgraphs(node) for inner in graph.node]


def _called(node: NodeProto) -> Key:
    return _key(node.domain, node.op_type, node.overload)


def _key(domain: str, name: str, overload: str) -> Key:
    return "" if domain == "ai.onnx" else domain, name, overload
