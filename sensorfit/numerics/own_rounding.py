"""How far a network's own rounding carries: what it makes of its input moved by one unit of float32.

    |f(x (1 + e)) - f(x)|,  e = +-2^-23 at random for every value of x

No way to compute f is nearer to it than that, as the input itself is known no better. Where all cells of an output are small
results of large numbers, one unit moves it by hundreds of units of its largest value: a sigmoid of -10 (the mask of a detector that
finds nothing in noise) multiplies the relative error of its operand by 10, and onnxruntime's own is rounded at 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from .difference import UNIT, units_of_largest, where_finite

Asked = Callable[[Mapping[str, np.ndarray]], list[np.ndarray]]
MOVES: Final = 3
"""How often the input is moved."""
TIMES: Final = 4.0
"""As many times may another order of the same sums make what one unit of the input makes: every layer rounds anew. The widest
that was seen is 1.2 times, of networks whose masks end in a sigmoid."""
MOST_UNITS: Final = 2.0**16
"""A difference beyond 0.8 % of an output's largest value is an error whatever the network makes of its input: of one that jumps
(a threshold, an ArgMax) the moved input says nothing about a rewrite."""


def within(
    units: float, allowed: float, before: Callable[[], Asked], feeds: Mapping[str, np.ndarray]
) -> bool:
    """Whether a difference of ``units`` (of float32, at an output's largest value) is within ``allowed``, or is the network's own
    and below ``MOST_UNITS``.

    ``before`` makes the original anew, and is only called for a difference beyond ``allowed``.
    """
    return units <= allowed or (units <= MOST_UNITS and units <= TIMES * own_rounding(before(), feeds))


def own_rounding(run: Asked, feeds: Mapping[str, np.ndarray]) -> float:
    """The units of float32, at an output's largest value, by which one unit of the inputs moves the outputs of ``run`` at most."""
    rng = np.random.default_rng(0)
    still = run(feeds)
    worst = 0.0
    for _ in range(MOVES):
        moved = run({name: _moved(array, rng) for name, array in feeds.items()})
        found = units_of_largest(still, [where_finite(a, b) for a, b in zip(still, moved, strict=True)])
        worst = max(worst, found if np.isfinite(found) else 0.0)
    return worst


def _moved(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    signs = rng.choice([-1.0, 1.0], array.shape)
    return np.asarray(array.astype(np.float64) * (1.0 + UNIT * signs), array.dtype)
