"""A finished build as a page: predicted beside the converter's bytes and schedule, float beside INT8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..pipeline.model import RPK, RPK_COMMAND, Build
from ..pipeline.samples import Sample
from ..quantize.fidelity import Fidelity
from ..report.outcome import Outcome
from ..units import show_bytes
from .build import ABSENT, MEMORY_ROWS, beside, memory_row
from .document import Bar, Head, bars, document, listing, pictures, table
from .html import model_data, plan_data
from .picture import address, tint

LOST = 6
"""The tint of the places where float and INT8 differ."""


def render(build: Build) -> str:
    """The whole build as one HTML file."""
    theirs = build.memory
    of = f"{show_bytes(theirs.total_bytes)} of {show_bytes(theirs.available_bytes)}"
    text = f"By the memory report of {build.report.target.converter}; calibrated on {build.calibration}."
    head = Head(f"{build.name}: built, {of}", "fits", text)
    return document(head.title, [_network(build)], list(_sections(build)), head)


def _sections(build: Build) -> Iterator[dict[str, Any]]:
    yield listing("Warnings", build.warnings)
    rows = [
        (label, ours, theirs, ours - theirs)
        for label, ours, theirs in (memory_row(build, *row) for row in MEMORY_ROWS)
    ]
    yield table("Memory, bytes", ("", "predicted", build.report.target.converter, "difference"), rows)
    heads = (
        "output",
        "images",
        "mask IoU",
        "worst mask IoU",
        "same class, %",
        "SQNR, dB",
        "largest difference",
    )
    yield table("INT8 beside float", heads, [_output(i, one) for i, one in enumerate(build.outputs)])
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


def _output(index: int, found: Fidelity) -> tuple[object, ...]:
    share = None if found.argmax_agreement is None else round(100 * found.argmax_agreement, 2)
    cells = (found.mask_iou, found.mask_iou_worst, share)
    sqnr = ABSENT[found.sqnr_missing] if found.sqnr_db is None else found.sqnr_db
    largest = found.max_abs_difference
    return (
        index,
        found.images,
        *("" if c is None else c for c in cells),
        sqnr,
        "" if largest is None else float(f"{largest:.4g}"),
    )


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
    data["next"] = ["Built.", "" if made else f"sudo apt install imx500-tools && {RPK_COMMAND}"]
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
