"""The numbers that the converter gives to changes of layout: steps that may run go by them, as text (``schedule``).

They are counted from the outputs back, a generation of steps after the other, those of a generation by name, the last
first (br_in); a Softmax counts as two (e4021). With a step come the outputs that it hands out, then what leads from it
through ``PASSING`` steps to the next kernels, from the far end, then what it reads:

    conv a ─4─► Reshape ─3─► Transpose ─2─► conv b ─1─► conv c ─0─► output

Found in the converter's listings, where a transform's name begins with its number; tests/memory/test_numbering.py compares all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from .device import TRANSFORM, Operation, Program

PASSING = frozenset({"Reshape", "Transpose", "Resize", "Slice", "Split", "MaxPool", "AveragePool"})
"""Steps whose changes of layout are numbered with the kernel before them (att1, br_p, z_yoloRelu_256x320, tokens_meet)."""
BETWEEN = frozenset({TRANSFORM, "Cast"})
"""Steps that are put between others last, and are no generation of their own (q1, mm3)."""
ARITHMETIC = frozenset({"Add", "Sub", "Mul", "Div", "Max", "Min"})
"""Steps whose scratch space is a constant laid anew, by a transform that has a number, too (branches_2)."""


def transform_numbers(program: Program) -> dict[str, str]:
    """The number of each transform's result as text; transforms in a row share one: 5-, 5-0-, 5-1-.

    What prepares the input of one convolution is one step here (br_s2k3).
    """
    source = {op.writes[0]: op for op in program.operations if op.op in BETWEEN}

    def origin(name: str) -> str:
        while name in source:
            name = source[name].reads[0]
        return name

    outputs: dict[str, list[str]] = {}
    for name in program.outputs:
        outputs.setdefault(origin(name), []).append(name)
    steps = _from_the_outputs([op for op in program.operations if op.op not in BETWEEN], origin)
    passing: dict[str, list[Operation]] = {}
    for op in steps:
        if op.op in PASSING and not op.part:
            for name in op.reads:
                passing.setdefault(origin(name), []).append(op)
    numbers: dict[str, str] = {}
    count = 0

    def number(names: Iterable[str]) -> None:
        nonlocal count
        for name in names:
            row: list[str] = []
            while name in source and name not in numbers:
                row.append(name)
                name = source[name].reads[0]
            place = 0
            for step in reversed(row):
                if source[step].op == TRANSFORM:
                    numbers[step] = f"{count}-" + (f"{place - 1}-" if place else "")
                    place += 1
                else:  # behind a cast another row begins
                    count += place > 0
                    place = 0
            count += place > 0

    def read(op: Operation) -> None:
        nonlocal count
        number(op.reads)
        count += bool(op.scratch) and op.op in ARITHMETIC

    def onward(written: Iterable[str]) -> None:
        """What leads from a kernel's results, or an input, to the next kernels, from the far end."""
        ahead: list[tuple[tuple[str, ...], Operation | None]] = [(tuple(written), None)]
        while ahead:
            names, done = ahead.pop()
            if done is not None:
                read(done)
            number(out for name in names for out in outputs.get(name, ()))
            for reader in reversed([reader for name in names for reader in passing.get(name, ())]):
                ahead += [((), reader), (reader.writes, None)]

    for op in steps:
        if op.op not in PASSING or op.part:
            onward(op.writes)
            read(op)
    onward(program.inputs)
    return numbers


def _from_the_outputs(steps: list[Operation], origin: Callable[[str], str]) -> list[Operation]:
    """``steps`` counted back, those of one part together; ``origin`` of a tensor is what it was before any transform."""
    writer = {name: index for index, op in enumerate(steps) for name in op.writes}
    parts: dict[str, list[int]] = {}
    for index, op in enumerate(steps):
        parts.setdefault(op.part or f"{index}", []).append(index)
    part = {index: key for key, indices in parts.items() for index in indices}
    before: dict[str, list[str]] = {}
    for key, indices in parts.items():
        read = [
            writer[name] for index in indices for name in map(origin, steps[index].reads) if name in writer
        ]
        before[key] = [*dict.fromkeys(part[index] for index in read if part[index] != key)]
    waiting = Counter(key for keys in before.values() for key in keys)
    called = {key: (steps[indices[-1]].called, indices[-1]) for key, indices in parts.items()}
    generation = [key for key in parts if not waiting[key]]
    delayed: list[str] = []
    order: list[Operation] = []
    while generation or delayed:
        following, delayed = delayed, []
        for done in sorted(generation, key=called.__getitem__, reverse=True):
            order += (steps[index] for index in reversed(parts[done]))
            for key in before[done]:
                waiting[key] -= 1
                if not waiting[key]:
                    (delayed if steps[parts[key][-1]].op == "Softmax" else following).append(key)
        generation = following
    return order
