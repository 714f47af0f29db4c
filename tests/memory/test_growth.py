"""What lets the analysis grow with the nodes alone gives what looking at every live set gives."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from types import FrameType

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.memory_scaling import chain, long_skips, residual, side_branches
from sensorfit.api import load_target
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory import placement
from sensorfit.memory.analysis import analyse
from sensorfit.memory.device import Buffer
from sensorfit.memory.lifetimes import Lifetime, live_sets
from sensorfit.memory.peak import Needs
from sensorfit.memory.placement import place
from tests.memory.test_properties import SIZES, build, plans

STEPS = 9
ALIGN = 16


@st.composite
def spans(draw: st.DrawFn) -> list[Lifetime]:
    """Up to twelve buffers of five tensors."""
    found = []
    for index in range(draw(st.integers(1, 12))):
        first = draw(st.integers(0, STEPS - 1))
        buffer = Buffer(f"b{index}", draw(st.integers(0, 70)), f"t{draw(st.integers(0, 4))}")
        found.append(Lifetime(buffer, first, draw(st.integers(first, STEPS))))
    return sorted(found, key=lambda span: (span.first, span.last))


def together(sizes: list[int]) -> int:
    """Each from a multiple of ALIGN, the smallest last."""
    if not sizes:
        return 0
    first, *others = sorted(sizes)
    return sum(-(-size // ALIGN) * ALIGN for size in others) + first


@settings(max_examples=300, deadline=None, derandomize=True)
@given(spans(), st.sampled_from([0.0, 0.3, 0.5]))
def test_needs_are_those_of_the_live_sets(alive: list[Lifetime], scale: float) -> None:
    needs = Needs(alive, STEPS, ALIGN)
    sets = list(live_sets(alive, STEPS))
    assert needs.bytes == [together([span.buffer.bytes for span in step]) for step in sets]
    for tensor in {span.buffer.tensor for span in alive}:
        own = [span for span in alive if span.buffer.tensor == tensor]
        inside = [step for step in sets if any(span in step for span in own)]
        scaled = [
            [int(s.buffer.bytes * scale) if s.buffer.tensor == tensor else s.buffer.bytes for s in step]
            for step in inside
        ]
        assert needs.scaled(own, scale) == max(together([size for size in step if size]) for step in scaled)
        outside = [
            size for size, step in zip(needs.bytes, sets, strict=True) if not any(s in step for s in own)
        ]
        assert needs.without(own) == max(outside, default=0)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(spans())
def test_buffers_placed_as_written_do_not_overlap(alive: list[Lifetime]) -> None:
    limit, placement.MOST_COMPARED = placement.MOST_COMPARED, 0
    try:
        offsets, height = place(alive, [], ALIGN)
    finally:
        placement.MOST_COMPARED = limit
    placed = list(zip(alive, offsets, strict=True))
    assert height == max((at + span.buffer.bytes for span, at in placed if span.buffer.bytes), default=0)
    for step in range(STEPS + 1):
        here = sorted(
            (at, at + span.buffer.bytes)
            for span, at in placed
            if span.first <= step <= span.last and span.buffer.bytes
        )
        assert all(start % ALIGN == 0 for start, _ in here)
        assert all(end <= start for (_, end), (start, _) in pairwise(here))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(plans(), SIZES)
def test_a_step_of_the_plan_is_the_same_looked_at_alone_or_in_order(
    recipe: list[tuple[str, int, int, int]], size: tuple[int, int]
) -> None:
    steps = analyse(lower(load(build(recipe, *size), "random")), load_target()).steps
    assert [steps[index] for index in range(len(steps))] == list(steps)
    assert list(steps[1:]) == list(steps)[1:]


def lines_of(graph: Graph, search_up_to: int | None) -> int:
    """Lines of Python that the analysis of ``graph`` runs, those of comprehensions once an element."""
    count = 0

    def traced(frame: FrameType, event: str, argument: object) -> Callable[..., object]:
        nonlocal count
        count += event == "line"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        analyse(graph, load_target(), search_up_to=search_up_to)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("network", "search_up_to"), [(chain, None), (residual, None), (long_skips, 0), (side_branches, 0)]
)
def test_work_grows_with_the_nodes_whatever_the_skips(
    network: Callable[[int], onnx.ModelProto], search_up_to: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the layers take about four times the lines; left out is what has limits of its own: the search
    where all is one stretch, and the trial of several placements."""
    monkeypatch.setattr(placement, "MOST_COMPARED", 0)
    short, long = (lines_of(lower(load(network(layers))), search_up_to) for layers in (60, 240))
    assert long < 4.4 * short
