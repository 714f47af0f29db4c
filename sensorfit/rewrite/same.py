"""Which applications of a rewrite are the same but for names and weights: these are proven and priced once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ..graph.ir import Node, Tensor
from .declare import Rewrite
from .derived import Computed, Derived
from .draft import Draft

SMALL = 4096
"""Constants up to this many elements are compared by value where a rewrite may have read them."""


def key(rewrite: Rewrite, draft: Draft, floats: bool = True) -> str:
    """Equal for two drafts whose proof would be the same run: operators, attributes, shapes, values that were read.

    Without ``floats``, equal for two that cost the same: what they take does not depend on weights and other fractions.
    """
    names: dict[str, str] = {}
    digest = hashlib.sha256(f"{rewrite.id} {draft.form} {draft.opset} {draft.graph.opset}".encode())
    nodes, tensors = draft.finished()
    for side in (draft.replaces, nodes):
        for node in side:
            digest.update(_said(node, names).encode())
    digest.update(
        repr(sorted((names[o], o in draft.graph.outputs) for o in draft.outputs if o in names)).encode()
    )
    for name, short in names.items():
        tensor = tensors.get(name) or draft.graph.tensors.get(name)
        if tensor is not None:
            digest.update(f"{short} {tensor.shape} {tensor.dtype} {tensor.constant}".encode())
            if floats or not tensor.dtype.startswith("float"):
                digest.update(_value(tensor, name in draft.pinned))
    return digest.hexdigest()


def _said(node: Node, names: dict[str, str]) -> str:
    return (
        f"{node.op} {sorted(node.attrs.items())!r} {_short(node.inputs, names)} {_short(node.outputs, names)}"
    )


def _short(tensors: Iterable[str], names: dict[str, str]) -> list[str]:
    return [names.setdefault(t, f"t{len(names)}") if t else "" for t in tensors]


def _value(tensor: Tensor, pinned: bool) -> bytes:
    constant = tensor._constant
    if constant is None or isinstance(constant, Derived):
        return b""
    if isinstance(constant, Computed):
        array = constant.array
        return b"" if array is None else array.tobytes()
    if pinned or not tensor.dtype.startswith("float") or (tensor.elements or 0) == 1:
        numbers = tensor.numbers if (tensor.elements or 0) <= SMALL or pinned else None
        return repr([*numbers]).encode() if numbers is not None else tensor.name.encode()
    return b""
