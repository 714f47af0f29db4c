"""Which candidates: a grid, or a space at random. The stream is a function of the space and the seed alone.

    position ─► (permuted) ─► mixed radix over the values ─► parameters ─► kept, where it is a candidate

Nothing is remembered, so memory does not grow with the candidates; no combination comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import count
from math import exp, log
from random import Random
from typing import Final

from ..errors import ConfigError
from .families.option import Value
from .space import Interval, Space

Chosen = dict[str, Value]
MAX_MISSES: Final = 200_000
"""Combinations in a row that are no candidates before a space is given up."""
ROUNDS: Final = 4
"""Of the Feistel network; four make a permutation that looks random (Luby, Rackoff)."""


def grid(space: Space) -> Iterator[Chosen]:
    """Every candidate, the last parameter changing first."""
    size = _finite(space, "a grid")
    return _kept(space, (_decoded(space, i) for i in range(size)), size)


def at_random(space: Space, seed: int) -> Iterator[Chosen]:
    """The candidates in an order that ``seed`` decides; of a space with intervals, draws without an end."""
    size = space.size
    if size is None:
        return _kept(space, (_drawn(space, Random(f"{seed}:{i}")) for i in count()), MAX_MISSES)
    stream = (_decoded(space, permuted(i, size, seed)) for i in range(size))
    return _kept(space, stream, min(size, MAX_MISSES))


def permuted(position: int, size: int, seed: int) -> int:
    """Where ``position`` goes in a permutation of ``range(size)``: a Feistel network, walked until inside."""
    half = max(1, (max(size - 1, 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    while True:
        left, right = position >> half, position & mask
        for turn in range(ROUNDS):
            key = f"{seed}:{turn}:{right}".encode()
            left, right = right, left ^ (int.from_bytes(blake2b(key, digest_size=8).digest(), "big") & mask)
        position = left << half | right
        if position < size:
            return position


def _finite(space: Space, what: str) -> int:
    if space.size is None:
        name = next(p.name for p in space.parameters if not p.finite)
        raise ConfigError(
            f"{space.source}: parameters.{name} is an interval, and {what} needs values: give it a step, or take another sampler"
        )
    return space.size


def _kept(space: Space, stream: Iterator[Chosen | None], most: int) -> Iterator[Chosen]:
    """Those of ``stream`` that are candidates; ConfigError after ``most`` in a row that are none."""
    missed = 0
    for chosen in stream:
        if chosen is not None and space.shaped({**space.fixed, **chosen}):
            missed = 0
            yield chosen
            continue
        missed += 1
        if missed == most:
            raise ConfigError(
                f"{space.source}: {most:,} combinations of the parameters, one after the other, break the constraints"
            )


def _decoded(space: Space, index: int) -> Chosen | None:
    """The combination at ``index``; None for the copies of one whose condition leaves a parameter out."""
    digits = []
    for parameter in reversed(space.parameters):
        index, digit = divmod(index, len(parameter.values))
        digits.append(digit)
    return _choose(space, lambda at: digits[len(digits) - 1 - at], once=True)


def _drawn(space: Space, random: Random) -> Chosen | None:
    def number(at: int) -> float | int:
        values = space.parameters[at].values
        if not isinstance(values, Interval):
            return random.randrange(len(values))
        if values.log:
            return exp(random.uniform(log(values.low), log(values.high)))
        return random.uniform(values.low, values.high)

    return _choose(space, number, once=False)


def _choose(space: Space, number: Callable[[int], float | int], once: bool) -> Chosen | None:
    chosen: Chosen = {}
    known = dict(space.fixed)
    for at, parameter in enumerate(space.parameters):
        drawn = number(at)
        if parameter.when is not None and not parameter.when.holds(known):
            if once and drawn:
                return None
            continue
        values = parameter.values
        chosen[parameter.name] = known[parameter.name] = (
            drawn if isinstance(values, Interval) else values[int(drawn)]
        )
    return chosen
