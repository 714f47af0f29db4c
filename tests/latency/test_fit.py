"""The fit finds what is there, and its error is what a left-out network shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensorfit.api import load_target
from sensorfit.latency.cycles import Constants, cost, cycles, sensitivities, total
from sensorfit.latency.fit import Point, judge, one_rate, quantile, solve
from sensorfit.latency.parameters import NINE_IN_TEN, Prior, prior
from sensorfit.latency.table import Table
from sensorfit.latency.work import Work

PRIOR = prior(load_target())
TRUE = PRIOR.constants(PRIOR.centre)._replace(
    dense_cycles_per_mac=1 / 700, cycles_per_byte=1 / 20, layer_cycles=100.0
)


def dense(name: str, macs: int, size: int) -> Work:
    return Work(name, "Conv", "dense", macs=macs, array=macs, weights=1, bytes=size)


def point(name: str, *works: Work, constants: Constants = TRUE, noise: float = 1.0) -> Point:
    return Point(name, works, total(works, constants) * noise, name)


def networks(constants: Constants = TRUE, noise: tuple[float, ...] = (1.0,) * 6) -> list[Point]:
    """Six networks whose shares of arithmetic, traffic and layers differ."""
    moves = [Work("e", "Conv", "pointwise", bytes=b) for b in (100_000, 2_000_000, 50_000)]
    layers = [
        (dense("a", 10_000_000, 10_000),),
        (dense("a", 1_000_000, 500_000), moves[0]),
        (dense("a", 5_000_000, 5_000), dense("b", 3_000_000, 90_000)),
        (moves[1], dense("a", 100_000, 1_000)),
        tuple(dense(f"l{i}", 40_000, 3_000) for i in range(60)),
        (moves[2], moves[0], dense("a", 20_000_000, 300_000)),
    ]
    return [
        point(f"n{i}", *w, constants=constants, noise=e)
        for i, (w, e) in enumerate(zip(layers, noise, strict=True))
    ]


def test_exact_measurements_give_back_their_constants() -> None:
    found = solve(networks(), PRIOR).constants
    assert found.dense_cycles_per_mac == pytest.approx(TRUE.dense_cycles_per_mac, rel=0.01)
    assert found.cycles_per_byte == pytest.approx(TRUE.cycles_per_byte, rel=0.01)
    assert found.layer_cycles == pytest.approx(TRUE.layer_cycles, rel=0.1)


def test_what_no_measurement_depends_on_stays_as_it_was_before() -> None:
    found = solve(networks(), PRIOR)
    i = PRIOR.names.index("interpolate")
    assert found.values[i] == pytest.approx(PRIOR.centre[i])
    assert found.covariance[i][i] == pytest.approx(PRIOR.deviation[i] ** 2)


def test_a_kind_that_is_measured_apart_becomes_known() -> None:
    slow = TRUE._replace(factors={**TRUE.factors, "depthwise": 1.3})
    layers = [
        tuple(Work("d", "Conv", "depthwise", array=900 * b, weights=1, bytes=100 * b) for _ in range(n))
        for b, n in ((20_000, 4), (90_000, 9), (5_000, 30))
    ]
    points = [*networks(), *(point(f"d{i}", *w, constants=slow) for i, w in enumerate(layers))]
    found = solve(points, PRIOR)
    i, j = PRIOR.names.index("depthwise"), PRIOR.names.index("lanes")
    together = np.exp(found.values[i] + found.values[j])
    assert together == pytest.approx(1.3 * TRUE.lanes_factor, rel=0.02)


def test_measurements_of_one_network_are_left_out_together() -> None:
    points = networks()
    twin = replace(points[3], name="twin", cycles=points[3].cycles * 3)
    fitted = judge([*points, twin], PRIOR)
    assert fitted.left_out[-1] == fitted.left_out[3]
    assert fitted.left_out[3] == pytest.approx(points[3].cycles, rel=0.03)


def test_one_bad_measurement_does_not_decide() -> None:
    bad = networks(noise=(1.0, 1.0, 5.0, 1.0, 1.0, 1.0))
    found = solve(bad, PRIOR, sigma=0.05).constants
    assert found.dense_cycles_per_mac == pytest.approx(TRUE.dense_cycles_per_mac, rel=0.08)


def test_a_noisier_point_pulls_less() -> None:
    points = networks(noise=(1.1, 1.0, 1.0, 1.0, 1.0, 1.0))
    heavy = solve(points, PRIOR, 0.05).constants
    light = solve([replace(points[0], noise=0.3), *points[1:]], PRIOR, 0.05).constants
    assert light.dense_cycles_per_mac < heavy.dense_cycles_per_mac


def test_the_form_is_as_wrong_as_the_measurements_say() -> None:
    exact, wrong = solve(networks(), PRIOR), solve(networks(noise=(1.3, 0.8, 0.8, 1.2, 1.0, 0.75)), PRIOR)
    assert exact.sigma < 0.02
    assert wrong.sigma > 0.1
    assert wrong.deviation(networks()[0].works) > exact.deviation(networks()[0].works)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.1, 0.5, 0.2), 0.5),
        (tuple([0.1] * 18 + [1.0]), 0.1),  # 19 networks: the 18th of them holds nine tenths
        (tuple([0.1] * 8 + [1.0]), 1.0),  # 9: only the largest does
    ],
)
def test_the_quantile_holds_nine_new_networks_in_ten(values: tuple[float, ...], expected: float) -> None:
    assert quantile(values) == pytest.approx(expected)


def test_an_interval_is_never_narrower_than_a_normal_ones() -> None:
    assert judge(networks(), PRIOR).deviations == NINE_IN_TEN


def test_one_rate_is_judged_by_leaving_out_too() -> None:
    points = [
        Point("a", (dense("a", 1000, 0),), 1000 / 700, "a"),
        Point("b", (dense("a", 2000, 0),), 2000 / 700, "b"),
        Point("c", (dense("a", 1000, 0),), 1e3, "c"),
    ]
    errors = one_rate(points, lambda w: w.macs)
    assert errors["c"] == pytest.approx(1000 / 700 / 1e3 - 1)


def test_the_whole_table_agrees_with_the_layers_one_by_one(target_prior: Prior = PRIOR) -> None:
    kinds = ("dense", "pointwise", "depthwise", "transposed", "elementwise", "matmul", "fully_connected")
    nets = [
        tuple(
            Work("w", "X", kind, array=a, weights=w, bytes=b)
            for kind in kinds
            for a, w, b in ((10**6, 10**3, 10**4), (10**3, 10**6, 10**4), (10**3, 10, 10**6))
        ),
        (Work("u", "X", "unknown", known=False), dense("d", 10**5, 10**4)),
    ]
    values = np.array(target_prior.centre) + np.linspace(-0.3, 0.3, len(target_prior.names))
    constants = target_prior.constants(tuple(values))
    whole, gradient = Table(nets, target_prior).cycles(values)
    for i, works in enumerate(nets):
        costs = [cost(w, constants) for w in works]
        known = [(w, c) for w, c in zip(works, costs, strict=True) if w.known]
        assert whole[i] == pytest.approx(sum(c.cycles for c in costs))
        by_name = sensitivities(*zip(*known, strict=True))
        assert gradient[i] == pytest.approx([by_name.get(n, 0.0) for n in target_prior.names])


@pytest.mark.parametrize(
    "kind", ["dense", "pointwise", "depthwise", "elementwise", "fully_connected", "matmul"]
)
def test_no_layer_beats_the_array_or_the_memory(kind: str) -> None:
    work = Work("a", "Conv", kind, macs=10**7, array=10**7, weights=10**6, bytes=10**5)
    plain = TRUE._replace(factors={})
    assert cycles(work, plain) >= 10**7 / 2304
    assert cycles(work, plain) >= 10**5 / 20
    assert cycles(work, plain) >= 10**6 / 72
