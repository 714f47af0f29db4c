"""Recurrent operators written out, against onnxruntime's own."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tools.probes.front_end import FrontEnd

from .harness import rewritten, untouched

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def text(
    op: str,
    attrs: str = "",
    *,
    ways: int = 1,
    batch: int = 1,
    steps: int = 4,
    outputs: str = "y",
    more: str = "",
    inputs: str = "",
    weights: str = "",
    bias: bool = True,
) -> str:
    """A recurrence over (steps, batch, 3) with 5 cells, a 1 in front of what comes in and goes out."""
    size = 5 * GATES[op]
    made = [o if o in outputs else "" for o in "yhc"[: 2 + (op == "LSTM")]]
    while not made[-1]:
        made.pop()
    sizes = {"y": f"1,{steps},{ways},{batch},5", "h": f"1,{ways},{batch},5", "c": f"1,{ways},{batch},5"}
    given = [f"float[{ways},{size},3] w", f"float[{ways},{size},5] r", f"int64[3] s = {{{steps},{batch},3}}"]
    given += [f"float[{ways},{2 * size}] b"] if bias else []
    given += [f"int64[{len(sizes[o].split(','))}] to_{o} = {{{sizes[o]}}}" for o in outputs]
    first = " ".join(f"{n}n = Reshape ({n}0, st)" for n in "hc" if f"{n}0" in inputs)
    given += [f"int64[3] st = {{{ways},{batch},5}}"] if inputs else []
    last = " ".join(f"{o} = Reshape ({o}_, to_{o})" for o in outputs)
    return (
        f"(float[1,{steps},{batch},3] x{inputs}) => ({', '.join(f'float[{sizes[o]}] {o}' for o in outputs)}) "
        f"<{', '.join(given)}{weights}> {{ p = Relu (x) q = Reshape (p, s) {first} "
        f"{', '.join(o and o + '_' for o in made) if made[0] else 'unread' + ', '.join(o and o + '_' for o in made)} = {op} <hidden_size = 5{attrs}> (q, w, r{', b' if bias else ', ' if more else ''}{more}) {last} }}"
    )


BOTH = ', direction = "bidirectional"'
BACK = ', direction = "reverse"'
CASES = {
    "rnn": text("RNN"),
    "rnn, backwards": text("RNN", BACK, outputs="yh"),
    "gru as torch has it": text("GRU", ", linear_before_reset = 1", outputs="yh"),
    "gru as the paper has it": text("GRU", outputs="yh"),
    "gru of both directions": text("GRU", ", linear_before_reset = 1" + BOTH, ways=2, outputs="yh"),
    "gru without a bias": text("GRU", ", linear_before_reset = 1", bias=False),
    "gru of several rows": text("GRU", batch=3, outputs="yh"),
    "gru from a given state": text("GRU", more=", , hn", inputs=", float[1,1,5] h0"),
    "gru as torch has it from a given state": text("GRU", ", linear_before_reset = 1", more=", , hn", inputs=", float[1,1,5] h0"),
    "lstm": text("LSTM", outputs="yhc"),
    "lstm, last state only": text("LSTM", outputs="h"),
    "lstm, backwards": text("LSTM", BACK, outputs="yc"),
    "lstm of both directions": text("LSTM", BOTH, ways=2, outputs="yhc"),
    "lstm of several rows of both directions": text("LSTM", BOTH, ways=2, batch=3, outputs="yhc"),
    "lstm from a constant state": text("LSTM", more=", , h0, c0", weights=", float[1,1,5] h0, float[1,1,5] c0"),
    "lstm from given states of both directions": text("LSTM", BOTH, ways=2, more=", , hn, cn", inputs=", float[1,2,5] h0, float[1,2,5] c0"),
    "lstm of one step": text("LSTM", steps=1, outputs="yhc"),
}  # fmt: skip
LEFT_ALONE = {
    "too many steps": text("LSTM", steps=200),
    "peepholes": text("LSTM", more=", , h0, c0, q", weights=", float[1,1,5] h0, float[1,1,5] c0, float[1,15] q"),
    "other activations": text("RNN", ', activations = ["Relu"]'),
    "cut values": text("GRU", ", clip = 0.5"),
    "the batch in front": "(float[1,4,3] x) => (float[1,4,1,5] y) <float[1,5,3] w, float[1,5,5] r> { y = RNN <hidden_size = 5, layout = 1> (x, w, r) }",
    "computed weights": "(float[4,1,3] x, float[1,5,3] w) => (float[4,1,1,5] y) <float[1,5,5] r> { y = RNN <hidden_size = 5> (x, w, r) }",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_recurrence_is_the_same_written_out(name: str, tmp_path: Path) -> None:
    case = rewritten(CASES[name], tmp_path)
    assert not case.fixed.remaining
    assert not {"RNN", "GRU", "LSTM"} & {*case.operators}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_written_otherwise_is_left_alone(name: str) -> None:
    untouched(LEFT_ALONE[name], "RecurrenceUnrolled")


def test_activations_that_are_the_usual_ones_are_no_others(tmp_path: Path) -> None:
    assert not rewritten(text("GRU", ', activations = ["Sigmoid", "Tanh"]'), tmp_path).fixed.remaining


@pytest.mark.toolchain
def test_the_front_end_accepts_what_they_become(tmp_path: Path) -> None:
    front_end = FrontEnd()

    def said(given: str) -> object:
        made: onnx.ModelProto = rewritten(given, tmp_path).after
        return front_end.judge(made)["verdict"]

    found = {name: said(given) for name, given in CASES.items() if "given" not in name}
    assert {n: a for n, a in found.items() if a != "accepted"} == {}
