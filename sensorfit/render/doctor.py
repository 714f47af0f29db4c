"""``doctor`` in the terminal: a line a check, with what mends it."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from ..doctor.model import Diagnosis
from .escape import terminal

MARKS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "missing": ("missing", "bold red")}


def print_diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """Write ``diagnosis`` to ``console``; the last line says whether a build could run."""
    wide = max(len(check.name) for check in diagnosis.checks)
    for check in diagnosis.checks:
        word, style = MARKS[check.state]
        console.print(
            Text.assemble((f"{word:8}", style), f"{terminal(check.name):{wide}}  {terminal(check.found)}"),
            soft_wrap=True,
        )
        if check.fix:
            console.print(Text(f"{'':8}{'':{wide}}  → {terminal(check.fix)}", "bold"), soft_wrap=True)
    console.print()
    said = (
        ("A build can run here.", "bold green")
        if diagnosis.can_build
        else ("A build cannot run here.", "bold red")
    )
    console.print(Text(*said))
