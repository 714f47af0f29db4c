"""The order of steps: branches of any kind stand where the largest cut is least."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorfit.api import load_target
from sensorfit.memory import search
from sensorfit.memory.device import Buffer, Operation, Program
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.schedule import schedule
from sensorfit.memory.search import CLOSE_ENOUGH, ESTIMATES
from sensorfit.memory.stretches import Steps, Stretch, stretches

FACTS = load_memory_facts(load_target())
KB = 1024


def program(sizes: list[int], edges: list[tuple[int, ...]]) -> Program:
    """A program of one operation a tensor: tensor ``i`` of ``sizes[i]`` KB is made from ``edges[i]``.

    Tensor 0 is the input; what nobody reads is an output.
    """
    made = Program()
    for index, size in enumerate(sizes):
        made.buffers[f"t{index}"] = Buffer(f"t{index}", size * KB, f"t{index}")
    for index, sources in enumerate(edges[1:], 1):
        made.operations.append(
            Operation(f"step{index}", "Conv", tuple(f"t{s}" for s in sources), (f"t{index}",))
        )
    read = {source for sources in edges for source in sources}
    made.inputs = ["t0"]
    made.outputs = [f"t{index}" for index in range(1, len(sizes)) if index not in read]
    return made


def peak(made: Program, order: list[Operation]) -> int:
    """KB alive at the worst step of ``order``, counted afresh."""
    alive, worst, left = set(made.inputs), 0, list(order)
    while left:
        step = left.pop(0)
        assert set(step.reads) <= alive, f"{step.name} runs before what it reads is there"
        alive |= set(step.writes)
        worst = max(worst, sum(made.buffers[name].bytes for name in alive))
        needed = {name for later in left for name in later.reads} | set(made.outputs)
        alive &= needed
    return worst // KB


@st.composite
def small(draw: st.DrawFn) -> Program:
    count = draw(st.integers(2, 6))
    sizes = [draw(st.integers(1, 9)) for _ in range(count + 1)]
    edges: list[tuple[int, ...]] = [()]
    for index in range(1, count + 1):
        edges.append(tuple(draw(st.sets(st.integers(0, index - 1), min_size=1, max_size=2))))
    return program(sizes, edges)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(small())
def test_no_order_of_a_small_program_is_better_than_the_estimates_tell(made: Program) -> None:
    """Each estimate but the first halves what is between the largest step and what was found."""
    first = peak(made, list(made.operations))
    found = peak(made, schedule(made, FACTS))
    best = found
    for order in permutations(made.operations):
        places = {step.writes[0]: place for place, step in enumerate(order)}
        if all(places.get(n, -1) < place for place, step in enumerate(order) for n in step.reads):
            best = min(best, peak(made, list(order)))
    least = max(sum(made.buffers[n].bytes for n in (*op.reads, *op.writes)) for op in made.operations) / KB
    assert found <= max(CLOSE_ENOUGH * best, least + (first - least) / 2 ** (ESTIMATES - 1))


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_the_branch_that_needs_most_runs_first_wherever_it_stands_in_the_file(order: str) -> None:
    """Each branch needs a copy of its output: 6 + 6, then 6 + 3 + 3, then 6 + 3 + 2 + 2 beside the stem."""
    outputs = {"a": 2, "b": 3, "c": 6}
    sizes, edges = [1], [()]
    for name in order:
        sizes += [outputs[name]] * 2
        edges += [(0,), (len(sizes) - 2,)]
    made = program(sizes, edges)
    assert peak(made, schedule(made, FACTS)) == 13


@st.composite
def longer(draw: st.DrawFn) -> Program:
    """Chains and branches of up to forty steps."""
    count = draw(st.integers(5, 40))
    edges: list[tuple[int, ...]] = [(), (0,)]
    for index in range(2, count + 1):
        last = st.integers(max(0, index - 4), index - 1)
        edges.append(tuple(draw(st.sets(last, min_size=1, max_size=2))))
    return program([draw(st.integers(1, 9)) for _ in range(count + 1)], edges)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(longer(), st.integers(3, 12))
def test_a_search_that_would_give_up_for_its_length_is_not_begun(made: Program, expansions: int) -> None:
    """The same orders, and the same searches given up, as where each is gone through to its end."""

    def all_of_them(steps: Steps) -> list[Stretch]:
        return [stretch._replace(longest=0) for stretch in stretches(steps)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "EXPANSIONS", expansions)
        patch.setattr(search, "EXPANSIONS_A_STEP", 0)  # else there are more, the longer the way
        patch.setattr("sensorfit.memory.stretches.STRETCH", 6)
        order, notes = schedule(made, FACTS), made.notes
        made.notes = {}
        patch.setattr(search, "stretches", all_of_them)
        assert (schedule(made, FACTS), made.notes) == (order, notes)


def test_a_long_way_between_two_cuts_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two branches of 400 steps: no 750 expansions lead through them."""
    sizes, edges = [4], [()]
    for branch in range(2):
        for step in range(400):
            sizes.append(1 + (step * 7 + branch) % 11)
            edges.append((len(sizes) - 2 if step else 0,))
    made = program([*sizes, 1], [*edges, (400, 800)])
    monkeypatch.setattr(search._Stretch, "search", lambda *_: pytest.fail("searched"))
    schedule(made, FACTS)
    assert any("parallel branches" in note for note in made.notes)


@pytest.mark.parametrize("branches", [30, 1000])
def test_a_search_without_end_keeps_the_first_order_and_says_so(branches: int) -> None:
    """Thirty branches of unlike size are more than the search goes through; a thousand are not begun with."""
    sizes, edges = [4], [()]
    for branch in range(branches):
        sizes += [1 + branch * 7 % 11, 1 + branch * 5 % 13, 1 + branch * 3 % 7]
        edges += [(0,), (len(sizes) - 3,), (len(sizes) - 2,)]
    made = program(sizes, edges)
    order = schedule(made, FACTS)
    assert sorted(step.name for step in order) == sorted(step.name for step in made.operations)
    assert any("parallel branches" in note for note in made.notes)


def test_the_steps_of_a_block_run_one_after_the_other() -> None:
    """Two slices of the input, each laid anew: left alone both are cut first."""
    made = program([8, 2, 2, 2, 2, 4], [(), (0,), (1,), (0,), (3,), (2, 4)])
    for index in (1, 3):
        made.operations[index] = made.operations[index]._replace(op="Transform")
    assert [step.name for step in schedule(made, FACTS)] == ["step1", "step3", "step2", "step4", "step5"]
    made.operations = [step._replace(block="phases") for step in made.operations[:4]] + made.operations[4:]
    assert [step.name for step in schedule(made, FACTS)] == ["step1", "step2", "step3", "step4", "step5"]


def test_what_a_block_needs_inside_counts() -> None:
    """A block that writes 1 KB by way of 9 goes before the 4 KB that wait for it."""
    made = program([1, 4, 9, 1, 1], [(), (0,), (0,), (2,), (1, 3)])
    for index in (1, 2):
        made.operations[index] = made.operations[index]._replace(block="phases")
    assert [step.name for step in schedule(made, FACTS)] == ["step2", "step3", "step1", "step4"]


def test_steps_with_an_activation_go_before_those_without() -> None:
    made = program([1, 1, 1, 1], [(), (0,), (0,), (1, 2)])
    made.fused = {"t2"}
    assert [step.name for step in schedule(made, FACTS)] == ["step2", "step1", "step3"]


def test_transforms_are_numbered_from_the_outputs_back_and_compared_as_text() -> None:
    """Twelve branches: number 0 leads to the last output, 11 to the first; as text 1, 10 and 11 stand before 2."""
    made = program([4] + [2] * 12 + [2] * 12, [(), *[(0,)] * 12, *[(i,) for i in range(1, 13)]])
    for index in range(12, 24):
        made.operations[index] = made.operations[index]._replace(op="Transform")
    moved = [int(step.name[4:]) - 13 for step in schedule(made, FACTS) if step.op == "Transform"]
    assert moved == [11 - number for number in sorted(range(12), key=str)]
