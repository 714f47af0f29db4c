"""One thing that a build needs, as it is found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Check:
    """``missing`` stops a build, ``warning`` may."""

    name: str
    state: State
    found: str
    fix: str = ""
    """The command, or what else mends it; "" where all is well."""


@dataclass(frozen=True)
class Diagnosis:
    """All of them, in the order of what needs what."""

    checks: tuple[Check, ...]

    @property
    def can_build(self) -> bool:
        """Whether nothing is missing."""
        return all(check.state != "missing" for check in self.checks)

    @property
    def exit_code(self) -> int:
        """3 when a build could not run."""
        return 0 if self.can_build else 3

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"can_build": self.can_build, "checks": [asdict(check) for check in self.checks]}
