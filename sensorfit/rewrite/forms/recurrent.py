"""Recurrent operators, a step after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np

MOST_STEPS: Final = 128
"""Steps in all directions together: each is about a dozen nodes."""
GATES: Final = {"RNN": 1, "GRU": 3, "LSTM": 4}
ACTIVATIONS: Final = {"RNN": ("tanh",), "GRU": ("sigmoid", "tanh"), "LSTM": ("sigmoid", "tanh", "tanh")}
STATE_AT: Final = 5
"""Inputs: x, W, R, B, lengths, the first h, of an LSTM the first c and peepholes."""


@rewrite(
    "RW381",
    "RecurrenceUnrolled",
    answers=("SF101",),
    ops=("RNN", "GRU", "LSTM"),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def unrolled(site: Site) -> Iterator[Draft]:
    """An RNN, GRU or LSTM over a constant number of steps, written out.

    x (T, N, I) is multiplied with W of all steps at once, x W^T + b; a step adds h R^T to its row and makes of it
    RNN   h = tanh(.)
    GRU   h = (1 - z) tanh(.) + z h, with z, r = sigmoid(.)
    LSTM  c = f c + i tanh(.), h = o tanh(c), with i, o, f = sigmoid(.)
    The other direction goes from the last row to the first. Its own activations and R, W, B constant; no peepholes, no lengths.
    """
    node = site.node
    if not _usual(site):
        return
    steps, batch, _ = site.x
    directions = {"bidirectional": (1, -1), "reverse": (-1,)}.get(
        _text(site.attr("direction", "forward")), (1,)
    )
    if steps * len(directions) > MOST_STEPS:
        return
    draft = site.draft()
    hidden = site.shape(node.inputs[2])[2]
    runs = [_direction(site, draft, d, way) for d, way in enumerate(directions)]
    last = (len(directions), batch, hidden)
    for index, output in enumerate(node.outputs):
        if not output:
            continue
        if index:
            ends = [run[-1][index - 1] for run in runs]
            parts = [draft.reshape(e, (1, 1, batch, hidden)) for e in ends]
            draft.gives(draft.reshape(draft.concat(parts, 1), last), output)
            continue
        rows = []
        for run, way in zip(runs, directions, strict=True):
            listed = [h for h, *_ in (run if way > 0 else run[::-1])]
            rows.append(draft.reshape(draft.concat(listed, 2), (1, steps, 1, batch * hidden)))
        draft.gives(draft.reshape(draft.concat(rows, 2), (steps, len(directions), batch, hidden)), output)
    yield draft


def _usual(site: Site) -> bool:
    """Whether the operator is one that torch and Keras write: constant weights, activations of its own, every step."""
    node, op = site.node, site.node.op
    weights = [t for t in node.inputs[1:4] if t]
    if len(site.x) != 3 or not all(map(site.is_constant, weights)) or any(node.input(i) for i in (4, 7)):
        return False
    states = [node.input(i) for i in (STATE_AT, STATE_AT + 1) if node.input(i)]
    named = tuple(_text(a).lower() for a in site.attr("activations", ()))
    own = ACTIVATIONS[op]
    return (
        all(site.shape(s) for s in states)
        and not site.attr("layout")
        and not site.attr("clip")
        and not site.attr("input_forget")
        and named in ((), own, own * 2)
        and not site.attr("activation_alpha")
        and not site.attr("activation_beta")
    )


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _direction(site: Site, draft: Draft, place: int, way: int) -> list[tuple[str, ...]]:
    """(h, and c of an LSTM) after each step, in the order of the steps."""
    node, op = site.node, site.node.op
    steps, batch, width = site.x
    w, r, b = node.inputs[1], node.inputs[2], node.input(3)
    hidden, gates = site.shape(r)[2], GATES[op]
    size = gates * hidden
    apart = op == "GRU" and bool(
        site.attr("linear_before_reset")
    )  # the bias of R belongs inside of r's product
    x = draft.reshape(node.inputs[0], (1, 1, steps * batch, width))
    total = draft.op("MatMul", x, draft.derived((width, size), partial(_turned, place), w))
    if b:
        total = draft.op("Add", total, draft.derived((size,), partial(_bias, place, size, hidden, apart), b))
    matrix = draft.derived((hidden, size), partial(_turned, place), r)
    inner = draft.derived((hidden,), partial(_inner, place, size, hidden), b) if b and apart else ""
    state: list[str] = []
    for index in range(1 + (op == "LSTM")):
        given = node.input(STATE_AT + index)
        state.append(_first(site, draft, given, place, (1, 1, batch, hidden)) if given else "")
    parts = None
    if op == "GRU":  # z and r in one product, what is behind r in another
        shapes = ((0, 2 * hidden), (2 * hidden, size))
        parts = [draft.derived((hidden, e - s), partial(_columns, place, s, e), r) for s, e in shapes]
    made = []
    for step in range(steps)[::way]:
        row = total if steps == 1 else draft.slice(total, {2: (step * batch, (step + 1) * batch)})
        if op == "GRU":
            assert parts is not None
            state = [_gru(draft, row, state[0], parts, inner, hidden, apart)]
        else:
            if state[0]:
                row = draft.op("Add", row, draft.op("MatMul", state[0], matrix))
            state = [draft.op("Tanh", row)] if op == "RNN" else _lstm(draft, row, state[1], hidden)
        made.append(tuple(state))
    return made


def _lstm(draft: Draft, row: str, c: str, hidden: int) -> list[str]:
    gates = draft.op("Sigmoid", draft.slice(row, {3: (0, 3 * hidden)}))
    i, o, f = (draft.slice(gates, {3: (k * hidden, (k + 1) * hidden)}) for k in range(3))
    new = draft.op("Mul", i, draft.op("Tanh", draft.slice(row, {3: (3 * hidden, 4 * hidden)})))
    c = draft.op("Add", draft.op("Mul", f, c), new) if c else new
    return [draft.op("Mul", o, draft.op("Tanh", c)), c]


def _gru(draft: Draft, row: str, h: str, parts: Sequence[str], inner: str, hidden: int, apart: bool) -> str:
    gates, new = draft.slice(row, {3: (0, 2 * hidden)}), draft.slice(row, {3: (2 * hidden, 3 * hidden)})
    if h:
        gates = draft.op("Add", gates, draft.op("MatMul", h, parts[0]))
    gates = draft.op("Sigmoid", gates)
    z, r = (draft.slice(gates, {3: (k * hidden, (k + 1) * hidden)}) for k in range(2))
    if apart and h:
        product = draft.op("MatMul", h, parts[1])
        product = draft.op("Add", product, inner) if inner else product
        new = draft.op("Add", new, draft.op("Mul", r, product))
    elif apart and inner:
        new = draft.op("Add", new, draft.op("Mul", r, inner))
    elif h:
        new = draft.op("Add", new, draft.op("MatMul", draft.op("Mul", r, h), parts[1]))
    new = draft.op("Tanh", new)
    kept = draft.op("Sub", new, draft.op("Mul", z, new))
    return str(draft.op("Add", kept, draft.op("Mul", z, h)) if h else kept)


def _first(site: Site, draft: Draft, given: str, place: int, shape: tuple[int, ...]) -> str:
    """The state before the first step; "" where it is all zeros."""
    if site.is_constant(given):
        array = site.array(given)
        if array is not None and not array.any():
            return ""
        return draft.derived(shape, lambda a: a[place].reshape(shape), given)
    count = site.shape(given)[0]
    one = draft.reshape(given, (1, count, *site.shape(given)[1:]))
    return draft.reshape(draft.slice(one, {1: (place, place + 1)}) if count > 1 else one, shape)


def _turned(place: int, w: np.ndarray) -> np.ndarray:
    return w[place].T


def _columns(place: int, start: int, end: int, r: np.ndarray) -> np.ndarray:
    return r[place].T[:, start:end]


def _bias(place: int, size: int, hidden: int, apart: bool, b: np.ndarray) -> np.ndarray:
    """That of W and of R together; less what ``_inner`` has."""
    first, second = b[place][:size], b[place][size:].copy()
    if apart:
        second[2 * hidden :] = 0
    return first + second


def _inner(place: int, size: int, hidden: int, b: np.ndarray) -> np.ndarray:
    return b[place][size + 2 * hidden :]
