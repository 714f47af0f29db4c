"""A rewrite that ends with an exception fails its test: outside the tests it is left out of the choice."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def exceptions_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORFIT_DEBUG", "rewrites")
