"""Device graphs from the builder that the measured networks are made with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sensorfit.api import load_target
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.latency.calibrate import Refit, refit, shipped_demands, shipped_measurements
from sensorfit.models.net import Net
from sensorfit.target import Target


@pytest.fixture(scope="session")
def target() -> Target:
    return load_target()


@pytest.fixture(scope="session")
def shipped_refit(target: Target) -> Refit:
    """The shipped measurements fitted anew, once for all tests."""
    return refit(shipped_measurements(target), target, shipped_demands(target))


@pytest.fixture(scope="session")
def device() -> Callable[[Net], Graph]:
    """The device graph of what a builder holds."""
    return lambda net: lower(load(net.model()))
