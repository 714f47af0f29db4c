"""The stages of a build: what is being done, and how long each took."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stage:
    """A stage that is over."""

    name: str
    seconds: float


@dataclass
class Stages:
    """Times the stages of one build; a subclass shows them."""

    done: list[Stage] = field(default_factory=list)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Run one stage; it is over, and recorded, when the block ends well."""
        self.started(name)
        start = time.monotonic()
        yield
        self.done.append(Stage(name, round(time.monotonic() - start, 1)))
        self.finished(self.done[-1])

    def started(self, name: str) -> None:
        """A stage begins."""

    def step(self, text: str) -> None:
        """Something happened within the stage."""

    def finished(self, stage: Stage) -> None:
        """A stage is over."""
