"""A table between two markers of a page in docs/, printed or written there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True)
class Place:
    """Where a table stands: between the lines ``begin`` and ``end`` of ``page``."""

    page: Path
    begin: str
    end: str

    def holding(self, printed: str) -> str:
        """The page with ``printed`` between its markers."""
        head, _, rest = self.page.read_text(encoding="utf-8").partition(self.begin)
        _, _, tail = rest.partition(self.end)
        return f"{head}{self.begin}\n\n{printed}\n\n{self.end}{tail}"

    def is_fresh(self, printed: str) -> bool:
        """Whether ``printed`` is what stands there."""
        return self.page.read_text(encoding="utf-8") == self.holding(printed)

    def show(self, printed: str, write: bool) -> None:
        """Put ``printed`` there, or print it."""
        if write:
            self.page.write_text(self.holding(printed), encoding="utf-8")
        else:
            print(printed)
