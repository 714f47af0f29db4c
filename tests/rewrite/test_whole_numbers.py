"""The numbers of polynomial proofs: uniform, independent within a proof, drawn once for all of them."""

from __future__ import annotations

import numpy as np

from sensorfit.rewrite.whole_numbers import KEPT, WholeNumbers


def test_every_proof_takes_the_same_from_the_start() -> None:
    numbers = WholeNumbers(64)
    first = [numbers((3, 5), "float32"), numbers((1000,), "float32")]
    numbers.again()
    assert all((a == numbers(a.shape, "float32")).all() for a in first)


def test_what_a_proof_takes_is_never_taken_again() -> None:
    """Also beyond what is kept."""
    numbers = WholeNumbers(2048)
    taken = [numbers((KEPT // 3,), "int64") for _ in range(4)]
    assert all((a[:50] != b[:50]).any() for i, a in enumerate(taken) for b in taken[:i])
    together = np.concatenate(taken)
    assert abs(together[:-1] @ together[1:]) / len(together) < 5000  # of 1.4 million were they the same


def test_they_are_uniform_with_both_ends_and_times_the_step() -> None:
    drawn = WholeNumbers(2)((50_000,), "float32", step=6)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [-12, -6, 0, 6, 12]
    assert counts.min() > 9_500 and counts.max() < 10_500
