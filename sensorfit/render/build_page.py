"""A finished build as a page: predicted beside the converter's bytes and schedule, float beside INT8."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ..convert.commands import command_room
from ..pipeline.model import RPK, RPK_COMMAND, Build
from ..pipeline.samples import Sample
from ..quantize.fidelity import Fidelity
from ..report.outcome import Outcome
from ..units import show_bytes
from .build import ABSENT, MEMORY_ROWS, beside, default_settings, memory_row
from .document import Bar, Head, bars, document, listing, pictures, table
from .html import model_data, plan_data
from .picture import address, tint

LOST: Final = 6
"""The tint of the places where float and INT8 differ."""
OUTPUT: Final[dict[str, Callable[[int, Fidelity], object]]] = {
    "output": lambda index, _: index,
    "images": lambda _, found: found.images,
    "mask IoU": lambda _, found: _told(found.mask_iou),
    "worst mask IoU": lambda _, found: _told(found.mask_iou_worst),
    "same class": lambda _, found: _told(found.argmax_agreement),
    "SQNR, dB": lambda _, found: ABSENT[found.sqnr_missing] if found.sqnr_db is None else found.sqnr_db,
    "largest difference": lambda _, found: _told(found.max_abs_difference, "{:.4g}"),
}
"""What is said of an output; a column with nothing is left out."""


def render(build: Build) -> str:
    """The whole build as one HTML file."""
    theirs = build.memory
    of = f"{show_bytes(theirs.total_bytes)} of {show_bytes(theirs.available_bytes)}"
    text = f"By the memory report of {build.report.target.converter}; calibrated on {build.calibration}."
    if build.command_bytes:
        text += f" Beside the memory: {build.command_bytes:,} of about {command_room(build.report.target):,} B of commands."
    head = Head(f"{build.name}: built, {of}", "fits", text)
    return document(head.title, [_network(build)], list(_sections(build)), head)


def _sections(build: Build) -> Iterator[dict[str, Any]]:
    yield listing("Warnings", build.warnings)
    rows = [
        (label, ours, theirs, ours - theirs)
        for label, ours, theirs in (memory_row(build, *row) for row in MEMORY_ROWS)
    ]
    yield table("Memory, bytes", ("", "predicted", build.report.target.converter, "difference"), rows)
    cells = {head: [cell(i, one) for i, one in enumerate(build.outputs)] for head, cell in OUTPUT.items()}
    said = {head: column for head, column in cells.items() if any(one != "" for one in column)}
    yield table("INT8 beside float", list(said), zip(*said.values(), strict=True))
    if build.gain is not None:
        yield listing("By the default settings", (default_settings(build.gain, build.outputs),))
    yield pictures(
        "Float and INT8 side by side",
        [_side_by_side(sample) for sample in build.samples],
        "Calibration images, the one with the least agreement first.",
    )
    yield _layers(build)
    widths = [(x.name, x.op, x.bits, x.parameters) for x in build.bits]
    if any(x.bits != 8 for x in build.bits):
        yield table("Bits of the weights", ("layer", "operator", "bits", "parameters"), widths)


def _layers(build: Build) -> dict[str, Any]:
    title = "Least exact layers"
    if not build.layers.worst:
        return listing(title, [said] if (said := beside(build.layers)) else ())
    shown = build.layers.layers if build.debug else build.layers.worst
    drawn = [Bar(x.name, "SQNR", x.sqnr_db) for x in shown if x.sqnr_db is not None]
    note = f"SQNR of each activation beside the graph without quantizers, {build.layers.images} images; the lower, the more is lost there or before."
    if said := beside(build.layers):
        note += f" {said[0].upper()}{said[1:]}."
    return bars(title, "SQNR (dB)", drawn, note)


def _told(value: float | None, form: str = "{}") -> object:
    return "" if value is None else float(form.format(value))


def _side_by_side(sample: Sample) -> tuple[str, str, list[tuple[str, str]]]:
    said = f"mask IoU {sample.agreement:.3f}" if sample.binary else f"same class at {sample.agreement:.1%}"
    differ = np.where(sample.floating != sample.int8, LOST, 0)
    shown = [("float", sample.floating), ("INT8", sample.int8), ("where they differ", differ)]
    over = [("image", ""), *((words, address(tint(classes))) for words, classes in shown)]
    return f"calibration image {sample.index + 1}, {said}", address(sample.image), over


def _network(build: Build) -> dict[str, Any]:
    """The float network as a check shows it, with the converter's schedule beside the predicted one."""
    data = model_data(Outcome(build.report.model.name, build.report))
    made = RPK in build.files
    where = "Built." if made else "Built; the last step is the Raspberry Pi's."
    data["next"] = [where, "" if made else f"sudo apt install imx500-tools && {RPK_COMMAND}"]
    if build.timeline:
        theirs = build.memory
        peak = max(range(len(build.timeline)), key=lambda i: build.timeline[i].bytes)
        memory = replace(
            build.report.memory,
            weights_bytes=theirs.weights_bytes,
            input_persistence_bytes=theirs.input_persistence_bytes,
            reserved_bytes=theirs.reserved_bytes,
            steps=build.timeline,
            peak_step=peak,
        )
        data["converter"] = plan_data(memory, {})
    return data
