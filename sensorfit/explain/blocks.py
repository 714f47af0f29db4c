"""Where in a network nodes stand, read from their names.

torch names a node after its module path: ``/backbone/stages/stages.1/blocks/blocks.0/attn/MatMul``.
``block`` keeps the path (``stages.1.blocks.0.attn``), ``ranges`` folds many
paths of one shape into one line (``stages.1-3.blocks.0-5.attn``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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
    """Paths that differ in numbers only, one line each, numbers as ranges; in order of appearance."""
    shapes: dict[str, list[list[int]]] = {}
    for path in paths:
        shapes.setdefault(shape_of(path), []).append([int(n) for n in _NUMBER.findall(path)])
    return tuple(_fill(shape, numbers) for shape, numbers in shapes.items())


def _fill(shape: str, rows: list[list[int]]) -> str:
    pieces = shape.split("{}")
    text = pieces[0]
    for index, piece in enumerate(pieces[1:]):
        text += spans({row[index] for row in rows}) + piece
    return text


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
