"""The table of layers: a line each, in the network's order or the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.text import Text

from ..report.layer import Layer
from ..report.phrases import counted
from ..report.report import Report
from .columns import GAP, laid_out
from .escape import terminal

HEAD: Final = ("node", "operator", "weights", "activation", "MACs", "ms", "bits")
LEAST: Final = 12
"""Columns of a node's name that remain on a narrow terminal; its end tells nodes apart."""


def print_layers(report: Report, console: Console, by: str = "") -> None:
    """Write the layers that run by themselves; ``by`` weights, memory or time puts the largest first."""
    found = ranked(report.layers, by)
    clock = report.latency.clock_hz
    rows = [
        (
            terminal(layer.node),
            terminal(layer.op),
            f"{layer.weights_bytes:,}",
            f"{layer.activation_bytes:,}",
            f"{layer.macs:,}",
            f"{layer.cycles / clock * 1e3:.3f}",
            str(layer.bits or ""),
        )
        for layer in found
    ]
    room = console.width - sum(
        max(cell_len(row[i]) for row in (HEAD, *rows)) + GAP for i in range(1, len(HEAD))
    )
    rows = [(_end(row[0], max(LEAST, room)), *row[1:]) for row in rows]
    order = f", most {by} first" if by else ""
    console.print()
    console.print(Text(f"{counted(len(found), 'layer')}{order}, weights and activation in bytes", "bold"))
    sides: list[JustifyMethod] = ["left", "left", "right", "right", "right", "right", "right"]
    console.print(laid_out(rows, console.width, HEAD, sides))
    if fused := len(report.layers) - len(found):
        console.print(Text(f"{counted(fused, 'node')} more, fused into the layer before", "dim"))


def ranked(layers: Sequence[Layer], by: str = "") -> list[Layer]:
    """Those that run by themselves, in the network's order or the largest first."""
    own = [layer for layer in layers if not layer.runs_in]
    return sorted(own, key=lambda layer: -layer.value(by)) if by else own


def _end(name: str, width: int) -> str:
    while cell_len(name) > width:
        name = f"…{name[2:]}" if name.startswith("…") else f"…{name[1:]}"
    return name
