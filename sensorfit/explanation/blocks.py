"""Where in a network nodes stand, read from their names.

torch names a node after its module path: ``/backbone/stages/stages.1/blocks/blocks.0/attn/MatMul``.
``block`` keeps the path (``stages.1.blocks.0.attn``), ``ranges`` folds many
paths of one shape into few lines (``stages.1,3.blocks.0-1.attn``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"\d+")
UNNAMED = "the graph's top level"


def block(node: str) -> str:
    """The module path of a node's name; ``UNNAMED`` where it has none."""
    path: list[str] = []
    for step in node.strip("/").split("/")[:-1]:
        if path and (step == path[-1] or step.startswith(f"{path[-1]}.")):
            path[-1] = step  # torch repeats a list's name: stages/stages.1
        else:
            path.append(step)
    return ".".join(path) or UNNAMED


def shape_of(text: str) -> str:
    """``text`` with every number left out: what texts of one range share."""
    return _NUMBER.sub("{}", text)


def ranges(paths: Iterable[str]) -> tuple[str, ...]:
    """Paths that differ in numbers only, together, numbers as ranges; in order of appearance.

    A line stands for all combinations of its numbers, so paths that are not all there take several.
    """
    shapes: dict[str, list[tuple[int, ...]]] = {}
    for path in paths:
        shapes.setdefault(shape_of(path), []).append(_numbers(path))
    return tuple(
        _filled(shape, [spans(s) for s in sets]) for shape, rows in shapes.items() for sets in _products(rows)
    )


def spread(texts: Iterable[str]) -> str:
    """Texts that differ in numbers only as one, with all numbers that stand in a place: ``dim 25, 100``."""
    several = list(texts)
    columns = zip(*map(_NUMBER.findall, several), strict=True)  # as they are written: 4.06 has a zero
    each = (", ".join(sorted(set(column), key=int)) for column in columns)
    return _filled(shape_of(several[0]), list(each))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in _NUMBER.findall(text))


def _products(rows: Sequence[tuple[int, ...]]) -> list[tuple[frozenset[int], ...]]:
    """Sets of numbers, one a column, whose products hold the rows and nothing else; columns merge from the last on."""
    begun: list[tuple[tuple[int, ...], tuple[frozenset[int], ...]]] = [(row, ()) for row in rows]
    for _ in rows[0]:
        merged: dict[tuple[tuple[int, ...], tuple[frozenset[int], ...]], set[int]] = {}
        for row, sets in begun:
            merged.setdefault((row[:-1], sets), set()).add(row[-1])
        begun = [(row, (frozenset(last), *sets)) for (row, sets), last in merged.items()]
    return list(dict.fromkeys(sets for _, sets in begun))


def _filled(shape: str, words: list[str]) -> str:
    first, *pieces = shape.split("{}")
    return first + "".join(word + piece for word, piece in zip(words, pieces, strict=True))


def spans(numbers: Iterable[int]) -> str:
    """``{0, 1, 2, 5}`` as ``0-2,5``."""
    ordered = sorted(numbers)
    found: list[list[int]] = []
    for number in ordered:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)
