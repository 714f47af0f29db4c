"""A calibration kit for a reader: which networks, why these, what measuring them would tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .latency import table

if TYPE_CHECKING:
    from ..latency.kit import Kit


def render_kit(kit: Kit, directory: Path) -> str:
    """The choice and its criterion, as Markdown that reads well in a terminal."""
    found = kit.design
    rows = [[m.candidate.name, m.candidate.about, f"{m.ms:.2f}", f"{m.adds:.2f}"] for m in kit.members]
    told = [
        [
            t.name.replace("_", " "),
            f"{t.before:.2f}",
            f"{t.after:.2f}" if t.after < 0.98 * t.before else "as before",
        ]
        for t in kit.told
    ]
    return "\n\n".join(
        [
            table(["network", "what it is", "expected, ms", "adds"], rows),
            f"{len(kit.members)} of {kit.offered} networks, chosen by D-optimality: the logarithm of the information's determinant is "
            f"{found.criterion:.1f} with these, {found.before:.1f} before any, {found.at_random:.1f} with as many drawn at random. "
            "'adds' is what it loses without the network.",
            f"What measuring them tells, if the model's form is off by {kit.form:.0%}: the factor either way that holds a parameter nine times in ten:",
            table(["parameter", "before", "measured"], told),
            f"Written to {directory}.\n",
        ]
    )


def render_packages(done: int, there: int, count: int, directory: Path) -> str:
    """What ``--build`` did, and what comes next."""
    left = f"; {count - there} are left: run it again without --only" if there < count else ""
    return (
        f"Packaged {done}, {there} of {count} are there{left}.\n"
        f"Next: copy {directory} to the Raspberry Pi and run: python3 measure.py\n"
    )
