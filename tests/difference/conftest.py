"""``sensorfit`` as CI calls it: the command's fixtures."""

from tests.cli.conftest import models, run

__all__ = ["models", "run"]
