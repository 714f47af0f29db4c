"""mIoU against total SRAM, the budget drawn, models that fit marked. Needs the extra ``plot``."""

from __future__ import annotations

from typing import Any

from ...comparison.model import Row, Table
from ...errors import ConfigError
from ..drawing import check_drawing, save

DATASETS = {"coco_miou": ("COCO", "o"), "lvis_miou": ("LVIS", "s")}
FITS, FAILS = "#1a7f37", "#9a2a2a"
_MEBI = 2**20


def points(result: Table) -> list[tuple[Row, str, float, float]]:
    """(row, kind of mIoU, total in MiB, mIoU in %) of every model with a graph and an mIoU that somebody printed."""
    return [
        (row, kind, row.total_bytes / _MEBI, row.figures[kind].value)
        for row in result.rows
        for kind in DATASETS
        if row.total_bytes is not None and kind in row.figures and not row.figures[kind].derived
    ]


def plot(result: Table, file: str) -> None:
    """Write the plot to ``file`` (.svg, .png or .pdf). ConfigError for another name or when there is nothing to draw."""
    check_drawing(file)
    drawn = points(result)
    if not drawn:
        raise ConfigError(f"--plot {file}: none of these models has both a graph and a published mIoU")
    save(file, (8, 4.5), lambda figure: _draw(figure.subplots(), drawn, result.budget_bytes / _MEBI))


def _draw(axes: Any, drawn: list[tuple[Row, str, float, float]], budget: float) -> None:
    labelled: dict[str, tuple[float, float]] = {}
    for row, kind, total, miou in drawn:
        color = FITS if row.fits else FAILS
        axes.plot(
            total,
            miou,
            DATASETS[kind][1],
            color=color,
            markersize=9,
            fillstyle="full" if row.fits else "none",
        )
        labelled[row.title] = (total, max(miou, labelled.get(row.title, (0.0, 0.0))[1]))
    for title, (total, miou) in labelled.items():
        axes.annotate(
            title, (total, miou), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=9
        )
    axes.axvline(budget, color="black", linestyle="--", linewidth=1)
    axes.annotate(
        f"budget, {budget:.3g} MiB",
        (budget, 0.03),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
    )
    axes.set_xscale("log")
    totals = [total for _, _, total, _ in drawn] + [budget]
    axes.set_xlim(min(totals) / 1.6, max(totals) * 1.6)  # room for the names
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("total SRAM at INT8: weights, peak of activations, input, reserved block (MiB)")
    axes.set_ylabel("published mIoU (%)")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + (high - low) * 0.08)
    for kind, (name, marker) in DATASETS.items():
        if any(k == kind for _, k, _, _ in drawn):
            axes.plot([], [], marker, color="gray", label=name, fillstyle="none")
    axes.plot([], [], "o", color=FITS, label="fits")
    axes.plot([], [], "o", color=FAILS, fillstyle="none", label="does not fit")
    axes.legend(loc="best", fontsize=9)
    axes.grid(alpha=0.3)
