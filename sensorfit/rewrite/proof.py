"""Every application of a rewrite proven on its own sub-graph, at its own shapes, as ``fix`` runs.

permutation   distinct whole numbers go in: a move of data is then seen exactly. Where a maximum is taken, in
              several random orders, every second one with equal numbers, of which the first or the last counts.
polynomial    random whole numbers as inputs and weights, so small that float32 holds every intermediate value:
              equality is exact. Two different polynomials of degree d agree on values from a set S with a probability of at
              most d/|S| (Schwartz, Zippel); runs are added until the bound is below 1e-12.
elementwise   every finite float16 value and the ends of float32: in every channel, or at any place where all are alike.
sampled       random and extreme values, to the stated multiple of float32's unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log, prod
from typing import Any, Final

import numpy as np

from ..graph.ir import Graph, Node
from ..numerics.difference import Seen, difference, difference_and_units, units_apart, where_finite
from .bounds import EXACT, NotPolynomial, divisor, sizes
from .declare import Kind, Rewrite
from .derived import Derived, value
from .draft import Draft
from .opset import raised
from .places import alike_everywhere
from .run import Part, part
from .whole_numbers import whole_numbers

SURVIVES: Final = 1e-12
"""A false identity may pass with at most this probability."""
LARGEST: Final = 2048
ORDERED: Final = frozenset(
    {"MaxPool", "Max", "Min", "ReduceMax", "ReduceMin", "Relu", "Clip", "GlobalMaxPool", "ArgMax", "TopK"}
)
ORDERS: Final = 16
TIES: Final = 3
"""Numbers in a row that are made equal."""
SAMPLES: Final = 4
RUNS: Final = 64
"""Runs of an elementwise proof at most: a channel of one value sees as many values."""
FLOATS: Final = ("float32", "float16", "float64")
ELEMENTWISE_UNITS: Final = 16.0


@dataclass(frozen=True)
class Proven:
    """What was shown. ``holds`` is false where before and after differ by more than the declaration says."""

    holds: bool
    text: str
    difference: float
    shown: Kind = "exact"
    """What it shows: "rounding" where values were sampled in place of a proof."""


def prove(rewrite: Rewrite, draft: Draft, seed: int = 0) -> Proven:
    """The proof of one application, by the class that ``rewrite`` declares."""
    before, after = parts(draft)
    rng = np.random.default_rng(seed)
    how = {
        "permutation": _permutation,
        "polynomial": _polynomial,
        "elementwise": _elementwise,
        "sampled": _sampled,
    }
    return how[rewrite.proof](rewrite, draft, before, after, rng)


def parts(draft: Draft) -> tuple[Graph, Graph]:
    """The sub-graph before and after, with the same inputs and outputs, at an opset that onnxruntime computes as ONNX says."""
    nodes, tensors = draft.finished()
    every = {**draft.graph.tensors, **tensors}
    outputs = (*draft.outputs,)
    before = part(draft.graph, draft.replaces, every, draft.inputs, outputs)
    after = part(draft.graph, nodes, every, draft.inputs, outputs).replace(opset=draft.opset)
    made = (raised(before, draft.opset) or before, after)
    newer = [raised(g) for g in made]  # its AveragePool counts the last window wrongly below opset 19
    return (newer[0], newer[1]) if newer[0] and newer[1] else (made[0], made[1])


def _permutation(rewrite: Rewrite, draft: Draft, before: Graph, after: Graph, rng: Any) -> Proven:
    ordered = any(n.op in ORDERED for n in (*before.nodes, *after.nodes))
    runs = ORDERS if ordered else 1
    first, second = Part(before), Part(after)
    worst = 0.0
    for run in range(runs):
        feeds, start = {}, 1
        for name in before.inputs:
            shape = _static(before, name)
            count = prod(shape)
            numbers = rng.permutation(np.arange(start, start + count)) // (1 + TIES * (run % 2))
            start += count
            feeds[name] = numbers.reshape(shape).astype(before.tensors[name].dtype)
        worst = max(worst, difference(first(feeds), second(feeds)))
    distinct = "distinct whole numbers" + (
        f", {runs} random orders, half of them with ties" if ordered else ""
    )
    return Proven(worst == 0.0, f"permutation: {distinct}, equal bit by bit", worst)


def _polynomial(rewrite: Rewrite, draft: Draft, before: Graph, after: Graph, rng: Any) -> Proven:
    weights = _weights(draft, before)
    try:
        limit, degree, step = _limit(before, after, weights)
    except NotPolynomial:  # a constant that is no whole number, sums too long for float32
        return replace(_sampled(rewrite, draft, before, after, rng), shown="rounding")
    chance = degree / (2 * limit + 1)
    runs = ceil(log(SURVIVES) / log(chance)) if 0 < chance < 1 else 1
    first, second = Part(before, weights), Part(after, weights)
    numbers = whole_numbers(limit).again()
    worst = 0.0
    for _ in range(runs):
        given = {n: numbers(_static(before, n), before.tensors[n].dtype) for n in weights}
        feeds = {n: numbers(_static(before, n), before.tensors[n].dtype, step) for n in before.inputs}
        worst = max(worst, difference(first(feeds, given), second(feeds, given)))
        if worst:
            break
    said = (
        f"polynomial of degree {degree}: {runs} runs on whole numbers up to {limit * step}, exact in float32"
    )
    return Proven(worst == 0.0, f"{said}; a false identity survives with at most {chance**runs:.0e}", worst)


def _limit(before: Graph, after: Graph, weights: list[str]) -> tuple[int, int, int]:
    """(magnitude of the random numbers, degree, what inputs are multiples of); NotPolynomial where even 1 is too large."""
    step = max(divisor(before), divisor(after))
    limit = LARGEST
    while limit:
        worst, degree = 0, 1
        for graph in (before, after):
            given = {**dict.fromkeys(weights, limit), **dict.fromkeys(graph.inputs, limit * step)}
            fixed = {}
            for name, tensor in graph.tensors.items():
                if not tensor.constant or name in given:
                    continue
                if isinstance(tensor._constant, Derived):
                    given[name] = limit  # moved and zero-filled weights: never larger than these
                elif tensor.dtype in FLOATS:
                    array = value(tensor)
                    if array.size and (array != np.round(array)).any():
                        raise NotPolynomial(f"'{name}' is no whole number")
                    fixed[name] = int(np.abs(array).max(initial=0))
            found = sizes(graph, given, fixed)
            worst = max(worst, *(s.largest for s in found.values()))
            degree = max(degree, *(s.degree for s in found.values()))
        if worst < EXACT:
            return limit, degree, step
        limit //= 2
    raise NotPolynomial("the sums are too long for float32")


def _weights(draft: Draft, before: Graph) -> list[str]:
    """The constants that may be any: float ones whose values the rewrite did not read."""
    return [
        n
        for n, t in before.tensors.items()
        if t.constant
        and t.dtype in FLOATS
        and n not in draft.pinned
        and (t.elements or 0) > 0
        and not _steers(before, n)
    ]


def _steers(graph: Graph, name: str) -> bool:
    """Whether a constant says how and not what: scales of a Resize, bounds of a Clip, the value of a Pad."""
    return any(
        name in n.inputs[1:] and n.op in ("Resize", "Clip", "Pad", "Upsample", "Pow")
        for n in graph.consumers_of(name)
    )


def _elementwise(rewrite: Rewrite, draft: Draft, before: Graph, after: Graph, rng: Any) -> Proven:
    values = every_float16()
    if rewrite.over is not None:
        values = values[(values >= rewrite.over[0]) & (values <= rewrite.over[1])]
    (name,) = before.inputs
    shape = _static(before, name)
    alike = alike_everywhere(before) and alike_everywhere(after)
    inner = prod(shape) if alike else prod(shape[2:]) if len(shape) > 2 else 1
    runs = min(RUNS, ceil(len(values) / max(1, inner)))
    first, second = Part(before), Part(after)
    worst, units, seen_of = 0.0, 0.0, Seen()
    for run in range(runs):
        start = run * inner if runs < RUNS else run * len(values) // runs
        feed = values[(start + np.arange(prod(shape))) % len(values)].reshape(shape)
        one, other = first({name: feed}), second({name: feed})
        seen_of.count(one)
        other = [where_finite(a, b) for a, b in zip(one, other, strict=True)]
        worst = max(worst, difference(one, other))
        units = max(units, units_apart(one, other))
    allowed = rewrite.units or ELEMENTWISE_UNITS
    seen = len(values) if runs * inner >= len(values) else runs * inner
    what = (
        "every float16 value and the ends of float32"
        + (f", from {rewrite.over[0]:.3g} to {rewrite.over[1]:.3g}" if rewrite.over else "")
        if seen == len(values)
        else f"{seen:,} values of float16 at every place"
    )
    if rewrite.kind == "approximate":
        said = f"elementwise: {what}, at most {worst:.2g} of {rewrite.bound:g} apart{seen_of.left_out}"
        return Proven(worst <= rewrite.bound and seen_of.any, said, worst)
    said = f"elementwise: {what}, within {units:.3g} units of float32{seen_of.left_out}"
    return Proven(units <= allowed and seen_of.any, said, worst)


def every_float16() -> np.ndarray:
    """Every finite float16 as float32, with the ends of float32: largest, smallest normal, one unit around 1."""
    bits = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = bits[np.isfinite(bits)].astype(np.float32)
    info = np.finfo(np.float32)
    ends = np.array(
        [info.max, info.tiny, info.eps, 1 + info.eps, 1 - info.epsneg, 88.0, 89.0, 104.0], np.float32
    )
    return np.concatenate([halves, ends, -ends])


def _sampled(rewrite: Rewrite, draft: Draft, before: Graph, after: Graph, rng: Any) -> Proven:
    first, second = Part(before), Part(after)
    worst, units, seen_of = 0.0, 0.0, Seen()
    for run in range(SAMPLES):
        feeds = {
            n: sample(rng, _static(before, n), before.tensors[n].dtype, run, contrast(before))
            for n in before.inputs
        }
        one, other = first(feeds), second(feeds)
        seen_of.count(one)
        other = [where_finite(a, b) for a, b in zip(one, other, strict=True)]
        apart, in_units = difference_and_units(one, other)
        worst, units = max(worst, apart), max(units, in_units)
    if rewrite.kind == "approximate":
        said = f"sampled: {SAMPLES} runs, at most {worst:.2g} of {rewrite.bound:g} apart{seen_of.left_out}"
        return Proven(worst <= rewrite.bound and seen_of.any, said, worst)
    allowed = rewrite.units or ELEMENTWISE_UNITS
    text = (
        f"sampled: {SAMPLES} runs on random and extreme inputs, within {units:.3g} of {allowed:g} units of float32 of the "
        f"largest value{seen_of.left_out}"
    )
    return Proven(units <= allowed and seen_of.any, text, worst)


SPREAD: Final = frozenset({"InstanceNormalization", "GroupNormalization", "MeanVarianceNormalization"})
CONTRAST: Final = 0.1
"""Of the flat image, where a graph divides by the deviation over positions."""


def contrast(graph: Graph) -> float:
    """That of the flat image. A constant one has no deviation over positions: what an InstanceNormalization makes of it is the
    rounding of its sums, up to 0.01 in onnxruntime where 0 is right, and no two ways round alike."""
    return CONTRAST if any(_by_deviation(graph, node) for node in graph.nodes) else 0.0


def _by_deviation(graph: Graph, node: Node) -> bool:
    computed = node.op == "BatchNormalization" and any(not graph.is_constant(t) for t in node.inputs[3:])
    return computed or node.op in SPREAD


def sample(rng: Any, shape: tuple[int, ...], dtype: str, run: int, contrast: float = 0.0) -> np.ndarray:
    """Run 0: an image in [0, 1]; then normal, then flat, then large. Of whole numbers only bytes are large: others are places."""
    if dtype == "bool":
        return np.asarray(rng.integers(0, 2, shape), bool)
    if dtype in ("int64", "int32"):
        return np.asarray(rng.integers(0, 2, shape), dtype)
    made = (
        rng.random(shape),
        rng.normal(0, 2, shape),
        np.full(shape, 1.0) if not contrast else 1.0 + rng.normal(0, contrast, shape),
        rng.normal(0, 50, shape),
    )[run % 4]
    return np.asarray(made if dtype.startswith("float") else np.abs(made), dtype)


def _static(graph: Graph, name: str) -> tuple[int, ...]:
    shape = graph.shape(name)
    assert shape is not None and None not in shape
    return shape  # type: ignore[return-value]
