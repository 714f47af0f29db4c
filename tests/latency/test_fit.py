"""The fit finds what is there, and its error is what a left-out network shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensorfit.latency import fit as module
from sensorfit.latency.cycles import Constants, cycles, total
from sensorfit.latency.fit import Point, fit, judge, one_rate, solve, spread_of
from sensorfit.latency.work import Work

HARDWARE = Constants(1.0, 1.0, 0.0, mac_units=2304, simd=32)
TRUE = HARDWARE.refitted((1 / 700, 1 / 20, 0.0))


def dense(name: str, macs: int, size: int) -> Work:
    return Work(name, "Conv", "dense", macs=macs, array=macs, weights=1, bytes=size)


def point(name: str, *works: Work, constants: Constants = TRUE, noise: float = 1.0) -> Point:
    return Point(name, works, total(works, constants) * noise, name)


def networks(constants: Constants = TRUE, noise: tuple[float, ...] = (1.0,) * 6) -> list[Point]:
    """Six networks whose shares of arithmetic, traffic and layers differ."""
    moves = [Work("e", "Add", "elementwise", bytes=b) for b in (100_000, 2_000_000, 50_000)]
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
    found = solve(networks(), HARDWARE)
    assert found.fitted == pytest.approx(TRUE.fitted, rel=1e-6)


def test_the_start_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = networks(noise=(1.1, 0.9, 1.2, 0.8, 1.0, 1.05))
    usual = solve(noisy, HARDWARE).fitted
    monkeypatch.setattr(module, "START", (1 / 100, 1 / 100, 0.0))
    assert solve(noisy, HARDWARE).fitted == pytest.approx(usual, rel=1e-3)


def test_a_third_constant_comes_only_where_it_pays() -> None:
    with_layers = TRUE.refitted((*TRUE.fitted[:2], 2000.0))
    assert fit(networks(with_layers), HARDWARE).terms == module.FITTED
    assert fit(networks(with_layers), HARDWARE).constants.layer_cycles == pytest.approx(2000, rel=1e-3)
    assert len(fit(networks(), HARDWARE).terms) == 2


def test_constants_are_never_negative() -> None:
    # Less traffic takes longer here, which only a negative constant would explain.
    odd = [replace(p, cycles=1e6 / (i + 1)) for i, p in enumerate(networks())]
    assert min(solve(odd, HARDWARE, (0, 1, 2)).fitted) >= 0


def test_measurements_of_one_network_are_left_out_together() -> None:
    points = networks()
    twin = replace(points[3], name="twin", cycles=points[3].cycles * 3)
    fitted = judge([*points, replace(points[3], cycles=points[3].cycles * 3), twin], HARDWARE, (0, 1))
    assert fitted.left_out[-1] == fitted.left_out[-2] == fitted.left_out[3]
    assert fitted.left_out[3] == pytest.approx(points[3].cycles, rel=1e-3)


def test_a_heavier_point_pulls_harder() -> None:
    points = networks(noise=(2.0, 1.0, 1.0, 1.0, 1.0, 1.0))
    light = solve(points, HARDWARE)
    heavy = solve([replace(points[0], weight=10.0), *points[1:]], HARDWARE)
    target = points[0].cycles
    assert abs(total(points[0].works, heavy) - target) < abs(total(points[0].works, light) - target)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((0.1, -0.5, 0.2), 2.0),  # half the measured time is as far off as twice
        (tuple([0.1] * 18 + [1.0]), 1.1),  # 19 networks: the 18th of them holds nine tenths
        (tuple([0.1] * 8 + [1.0]), 2.0),  # 9: only the largest does
    ],
)
def test_the_spread_holds_nine_new_networks_in_ten(errors: tuple[float, ...], expected: float) -> None:
    assert spread_of(errors) == pytest.approx(expected)


def test_one_rate_is_judged_by_leaving_out_too() -> None:
    points = [
        point("a", dense("a", 1000, 0)),
        point("b", dense("a", 2000, 0)),
        replace(point("c", dense("a", 1000, 0)), cycles=1e3),
    ]
    errors = one_rate(points, lambda w: w.macs)
    assert errors["c"] == pytest.approx(1000 / 700 / 1e3 - 1)


@pytest.mark.parametrize(
    "kind", ["dense", "pointwise", "depthwise", "elementwise", "fully_connected", "matmul"]
)
def test_no_layer_beats_the_array_or_the_memory(kind: str) -> None:
    work = Work("a", "Conv", kind, macs=10**7, array=10**7, weights=10**6, bytes=10**5)
    assert cycles(work, TRUE) >= 10**7 / 2304
    assert cycles(work, TRUE) >= 10**5 / 20
    assert cycles(work, TRUE) >= 10**6 / 72
