"""MCT's failures, as it words them, in a user's words."""

from __future__ import annotations

import pytest

from sensorfit.errors import InputError, Refused, ToolchainError
from sensorfit.quantize.failures import failure, meaning


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("The model cannot be quantized to meet the specified resource utilization for the following targets: {'weights': 10}", "larger --weights-budget"),
        ("No solution was found for the LP problem, with status -1", "larger --weights-budget"),
        ("cannot convert float NaN to integer", "no numbers"),
        ("autodetected range of [0.0, inf] is not finite", "overflow in float32"),
        ("The network contains disconnected input(s): ['x'].", "nothing to compute"),
        ("Error parsing model with torch.fx\nfx error: symbolically traced variables cannot be used", "could not be traced"),
        ('The call method "scatter" in scatter_1 is not supported.', "target description"),
        ("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory", "--calib-limit"),
    ],
)  # fmt: skip
def test_a_failure_keeps_its_words_and_gets_its_meaning(said: str, means: str) -> None:
    found = meaning(RuntimeError(said))
    assert said.splitlines()[0][:60] in found and means in found and "\n" not in found


def test_the_node_that_was_being_run_is_named() -> None:
    text = "shapes differ\n\nWhile executing %layer_norm_3 : [num_users=1] = call_function"
    assert meaning(RuntimeError(text)) == "shapes differ; at node layer_norm_3"


def test_what_is_not_known_is_only_quoted() -> None:
    assert meaning(ValueError("something else")) == "something else"


def test_what_the_network_or_an_option_causes_is_no_failure_of_a_tool() -> None:
    said = (
        "autodetected range of [-inf, inf] is not finite",
        "No solution was found for the LP problem",
        "else",
    )
    assert [type(failure("quantize", ValueError(s))) for s in said] == [InputError, Refused, ToolchainError]
