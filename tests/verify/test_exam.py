"""Graphs with parameters nobody has chosen, asked of the real front end."""

from __future__ import annotations

import onnx
import pytest

from tools.probes.exam import compare, draw


def test_the_draw_is_valid_onnx_and_repeats() -> None:
    first, again = list(draw(3, 12)), list(draw(3, 12))
    assert [n for n, _ in first] == [n for n, _ in again]
    assert all(
        a.SerializeToString() == b.SerializeToString() for (_, a), (_, b) in zip(first, again, strict=True)
    )
    for _, model in first:
        onnx.checker.check_model(model, full_check=True)


@pytest.mark.toolchain
def test_the_real_front_end_agrees_on_a_fresh_draw() -> None:
    counts, lines = compare(draw(20261121, 200))
    assert lines == []
    assert counts["agree"] == 200
    assert (
        min(
            counts["front end: accepted"],
            counts["front end: invalid_operator"],
            counts["front end: unsupported_operator"],
        )
        > 10
    )
