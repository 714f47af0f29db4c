"""What whoever reads a build has to know: whose weights, how calibrated, where check and converter differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..convert.installed import other_installed
from ..quantize.calibration import CalibrationSet
from ..report.causes import cannot_feed
from ..target import Target, converter_versions
from .refusal import unknowns

if TYPE_CHECKING:
    from ..quantize.bridge import Source
    from ..report.report import Report

ABOUT_WEIGHTS = {
    "random": "random weights: memory and speed are the network's own, the masks mean nothing; give --weights FILE.pt",
    "shipped": "the weights that ship were trained on composed scenes, not on COCO (models/weights/README.md); "
    "for others give --weights FILE.pt",
}
"""What is said of a built-in model's weights."""


def warnings_of(
    network: Source, calibration: CalibrationSet, report: Report, shifted: bool
) -> tuple[str, ...]:
    """Sentences on the weights, the calibration, what the check said and what the sensor cannot feed.

    ``shifted``: MCT may correct activations with a small negative part.
    """
    found = [*network.notes, *calibration.warnings]
    if shifted:
        found.append("--shift-negative: what MCT adds for it takes memory that the prediction leaves out")
    if network.weights in ABOUT_WEIGHTS:
        found.insert(0, ABOUT_WEIGHTS[network.weights])
    if report.verdict == "does_not_fit":
        found.append(
            "sensorfit predicted that it does not fit, the converter packaged it: please report that"
        )
    elif report.verdict == "unknown":
        found.append(f"the check could not say whether it fits: {'; '.join(unknowns(report))}")
    found.extend(f"cannot be fed: {f.reason}" for f in cannot_feed(report))
    return tuple(found)


def other_version(asked: Target, judged: Target) -> tuple[str, ...]:
    """That the converter that ran is another version than was asked for, or one there are no facts of."""
    installed = other_installed(judged)
    if installed:
        return (
            f"there are no facts of converter {installed}, which is installed: the prediction is that of "
            f"{judged.converter_version} (choose from {', '.join(converter_versions(judged.name))})",
        )
    if asked != judged:
        return (
            f"judged as converter {judged.converter_version} does, which is installed, "
            f"not as {asked.converter_version}",
        )
    return ()
