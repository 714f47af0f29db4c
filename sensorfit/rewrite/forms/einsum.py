"""Einsum, by its equation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from string import ascii_letters
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np


@rewrite("RW126", "EinsumAsProduct", answers=("SF101",), ops=("Einsum",), proof="polynomial")
def einsum(site: Site) -> Iterator[Draft]:
    """An Einsum as Transpose, Reshape and MatMul.

    Of two operands each index is one of four: in both and in the result (a place), in both and summed, in one and in the
    result (a row or a column), in one and summed (ReduceSum before). So the operands are (places, rows, summed) and
    (places, summed, columns), their product takes its axes again and the order of the result. Where nothing is summed it is a
    Mul. Of more operands the first two are multiplied first; constants come second. An index that an operand names twice is
    its diagonal: every (n + 1)-th cell of the two axes as one.
    """
    terms = _terms(site)
    if terms is None:
        return
    operands, result = terms
    draft = site.draft()
    named = _without_ones(
        draft, [_diagonal(draft, *pair) for pair in zip(site.node.inputs, operands, strict=True)]
    )
    if named is None:
        return
    named.sort(key=lambda p: site.is_constant(p[0]))
    current, labels = _summed(draft, *named[0], _wanted(named[1:], result))
    for index, (other, other_labels) in enumerate(named[1:], 2):
        kept = _wanted(named[index:], result)
        other, other_labels = _summed(draft, other, other_labels, kept | {*labels})
        current, labels = _product(draft, current, labels, other, other_labels, kept)
    yield draft.gives(_ordered(draft, current, labels, result))


def _terms(site: Site) -> tuple[list[str], str] | None:
    """The indices of every operand and of the result, an ellipsis as letters; None for what is no Einsum of these."""
    equation = site.attr("equation", "")
    equation = (equation.decode() if isinstance(equation, bytes) else str(equation)).replace(" ", "")
    left, arrow, result = equation.partition("->")
    operands = left.split(",")
    shapes = [site.shape(t) for t in site.node.inputs]
    free = [c for c in ascii_letters if c not in equation]
    more = max(
        (len(s) - len(o.replace("...", "")) for o, s in zip(operands, shapes, strict=True) if "..." in o),
        default=0,
    )
    dots = "".join(free[:more])
    filled = []
    for operand, shape in zip(operands, shapes, strict=True):
        own = len(shape) - len(operand.replace("...", ""))
        filled.append(operand.replace("...", dots[len(dots) - own :] if own else ""))
    if not arrow:
        counts = Counter("".join(operands).replace(".", ""))
        result = "..." + "".join(sorted(c for c, n in counts.items() if n == 1))
    result = result.replace("...", dots)
    for operand, shape in zip(filled, shapes, strict=True):
        sizes = dict(zip(operand, shape, strict=False))
        if len(operand) != len(shape) or any(sizes[c] != n for c, n in zip(operand, shape, strict=True)):
            return None
    return filled, result


def _diagonal(draft: Draft, tensor: str, labels: str) -> tuple[str, str]:
    """The operand with each of its indices once."""
    for label in dict.fromkeys(labels):
        count = labels.count(label)
        if count == 1:
            continue
        others = [i for i, c in enumerate(labels) if c != label]
        same = [i for i, c in enumerate(labels) if c == label]
        shape = draft.shape(tensor)
        front, size = [shape[i] for i in others], shape[same[0]]
        step, every = sum(size**i for i in range(count)), size**count
        if draft.tensor(tensor).constant:  # type: ignore[union-attr]
            make = partial(_of_constant, (*others, *same), front, every, step)
            tensor = draft.derived((*front, size), make, tensor)
        else:
            order = [*others, *same]
            turned = draft.transpose(tensor, order) if order != sorted(order) else tensor
            row = draft.reshape(turned, [*front, every])
            tensor = draft.slice(row, {len(front): (0, every, step)})
        labels = "".join(labels[i] for i in others) + label
    return tensor, labels


def _of_constant(
    order: Sequence[int], front: Sequence[int], every: int, step: int, w: np.ndarray
) -> np.ndarray:
    return w.transpose(order).reshape(*front, every)[..., ::step]


def _without_ones(draft: Draft, named: list[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """The operands without their axes of 1 that are longer in another, which repeat them; None where a constant has one."""
    sizes: dict[str, int] = {}
    for tensor, labels in named:
        for label, size in zip(labels, draft.shape(tensor), strict=True):
            sizes[label] = max(size, sizes.get(label, 1))
    found = []
    for tensor, labels in named:
        shape = draft.shape(tensor)
        kept = [i for i, label in enumerate(labels) if shape[i] == sizes[label]]
        if len(kept) < len(labels):
            if draft.tensor(tensor).constant:  # type: ignore[union-attr]
                return None
            tensor = draft.reshape(tensor, [shape[i] for i in kept])
        found.append((tensor, "".join(labels[i] for i in kept)))
    return found


def _wanted(rest: Sequence[tuple[str, str]], result: str) -> set[str]:
    """The indices that the result or an operand still to come has."""
    return {*result}.union(*(labels for _, labels in rest))


def _summed(draft: Draft, x: str, labels: str, kept: set[str]) -> tuple[str, str]:
    """Summed over the indices that nothing else has."""
    axes = [i for i, label in enumerate(labels) if label not in kept]
    if not axes:
        return x, labels
    y = draft.op("ReduceSum", x, draft.ints(axes), keepdims=0)
    return y, "".join(label for label in labels if label in kept)


def _product(draft: Draft, a: str, left: str, b: str, right: str, kept: set[str]) -> tuple[str, str]:
    """Of two operands, every index of which is in the other or kept: the product and its indices."""
    sizes = dict(zip(left, draft.shape(a), strict=True)) | dict(zip(right, draft.shape(b), strict=True))
    both = [c for c in left if c in right]
    places, inner = [c for c in both if c in kept], [c for c in both if c not in kept]
    rows, columns = [c for c in left if c not in right], [c for c in right if c not in left]
    if not inner:
        order = "".join([*places, *rows, *columns])
        parts = [_spread(draft, x, own, order, sizes) for x, own in ((a, left), (b, right))]
        return draft.op("Mul", *parts), order
    size = {c: sizes[c] for c in sizes}
    n, k, m = (prod(size[c] for c in group) for group in (rows, inner, columns))
    front = [size[c] for c in places]
    if not places or size[places[0]] != 1:
        front = [1, *front]
    constant = draft.tensor(b).constant  # type: ignore[union-attr]
    if constant and prod(front) == 1:
        first = draft.reshape(_turned(draft, a, left, [*places, *rows, *inner]), (1, 1, n, k))
        second = _constant(draft, b, right, [*inner, *columns], places, (k, m))
    else:
        first = draft.reshape(_turned(draft, a, left, [*places, *rows, *inner]), (*front, n, k))
        second = _turned(draft, b, right, [*places, *inner, *columns])
        second = (
            draft.reshape(second, (*front, k, m))
            if not constant
            else _constant(draft, b, right, [*places, *inner, *columns], [], (*front, k, m))
        )
    y = draft.op("MatMul", first, second)
    labels = "".join([*places, *rows, *columns])
    return draft.reshape(y, [size[c] for c in labels]), labels


def _turned(draft: Draft, x: str, labels: str, order: Sequence[str]) -> str:
    """The axes in another order."""
    perm = [labels.index(c) for c in order]
    if perm == [*range(len(perm))] or draft.tensor(x).constant:  # type: ignore[union-attr]
        return x
    return draft.transpose(x, perm)


def _constant(
    draft: Draft, b: str, labels: str, order: Sequence[str], dropped: Sequence[str], shape: Sequence[int]
) -> str:
    """A constant operand stored in the order and shape of the product."""
    perm = [labels.index(c) for c in (*dropped, *order)]
    target = tuple(shape)
    return draft.derived(target, lambda w: w.transpose(perm).reshape(target), b)


def _spread(draft: Draft, x: str, labels: str, order: str, sizes: dict[str, int]) -> str:
    """The operand in the order of the result, with a 1 for each index that it has not."""
    perm = [labels.index(c) for c in order if c in labels]
    shape = tuple(sizes[c] if c in labels else 1 for c in order)
    if draft.tensor(x).constant:  # type: ignore[union-attr]
        return draft.derived(shape, lambda w: w.transpose(perm).reshape(shape), x)
    turned = x if perm == [*range(len(perm))] else draft.transpose(x, perm)
    return turned if draft.shape(turned) == shape else draft.reshape(turned, shape)


def _ordered(draft: Draft, x: str, labels: str, result: str) -> str:
    """The result in the order that the equation names."""
    perm = [labels.index(c) for c in result]
    return x if perm == [*range(len(perm))] else draft.transpose(x, perm)
