"""The Python API: what ``import sensorfit`` offers. Only here and on the command line has a target a default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

from . import target as targets
from .analysis import analyse
from .arguments import (
    calibration_argument,
    choice_argument,
    model_argument,
    models_argument,
    shapes_argument,
    width_argument,
)
from .runtime.worker import Aside, at_once
from .units import BYTE
from .verify.profiles import PROFILES

if TYPE_CHECKING:
    from .analysis import Analysis
    from .comparison.model import Table
    from .difference.model import Diff
    from .explanation.model import Page
    from .memory.model import MemoryReport
    from .report.report import Report
    from .rewrite.result import Fixed


def load_target(name: str = targets.DEFAULT, converter: str = "") -> targets.Target:
    """The target called ``name``, with this version of its converter (3.18, 3.18.2; the newest known when empty).

    ConfigError when there is none.
    """
    return targets.load_target(choice_argument(name, targets.target_names(), "target"), converter)


def check(
    model: str | Path | onnx.ModelProto,
    *,
    profile: str = "converter",
    target: str = targets.DEFAULT,
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    confirm: bool = False,
    converter: str = "",
    calibration: Any = None,
    largest_inputs: bool = False,
    layers: bool = False,
    weight_bits: int = 8,
    aside: Aside[MemoryReport] = at_once,
) -> Report:
    """Will ``model`` run inside the sensor, how fast, and if not, what to change?

    ``model`` is a path, a built-in name ("picosam3") or a ModelProto. ``profile``
    is "converter" (the converter's word) or "picosam" (the papers' constraint
    set). ``converter`` is the version that is judged by (3.18, 3.18.2; the newest known when empty).
    ``input_shapes`` sets an input's shape by name, "" meaning the first.
    ``largest_inputs`` also looks for the largest square and 4:3 inputs that fit, ``layers`` lists what each node takes.
    ``weight_bits`` (8, 4 or 2) is the width at which kernels and matrices are counted: what mixed precision would reach.
    ``confirm`` also asks the real converter (extra ``build``), and judges by the version that is installed. ``aside`` begins
    the memory analysis, here or beside this process (``runtime.worker.beside``). Raises
    ModelError for what is no model or cannot be checked, ConfigError for another
    argument that is something else than said here.
    """
    from .convert.installed import running

    choice_argument(profile, PROFILES, "profile")
    shapes_given = shapes_argument(input_shapes)
    bits = width_argument(weight_bits)
    device = load_target(target, converter)
    found = analyse(
        model_argument(model),
        running(device) if confirm else device,
        input_persistency=input_persistency,
        input_shapes=shapes_given,
        calibration=calibration_argument(calibration),
        largest_inputs=largest_inputs,
        weight_bits=bits,
        aside=aside,
    )
    each = found.layers() if layers else ()
    if not confirm:
        report = replace(found.report(profile), layers=each)
        return _with_outlook(_at_bits(report, bits), found, shapes_given)
    from .convert.frontend import confirm as ask  # the extra `build`

    judged = (*found.graph.inputs, *found.graph.outputs) if shapes_given else ()
    shapes = {name: found.graph.shape(name) for name in judged}
    answered = found.report(profile, ask(found.source, found.target, shapes))
    report = replace(answered, layers=each)
    return _with_outlook(_at_bits(report, bits), found, shapes_given)


def _at_bits(report: Report, bits: int) -> Report:
    """The report, which says at how many bits its weights were counted where that is not 8."""
    if bits == BYTE:
        return report
    said = f"weights counted at {bits} bits: what build --weights-budget could reach, at a cost in accuracy"
    note = "; ".join(filter(None, (report.model.note, said)))
    return replace(report, model=replace(report.model, note=note))


def _with_outlook(report: Report, found: Analysis, shapes: Mapping[str, Iterable[int]] | None) -> Report:
    """The report with what ``fix`` would reach, where operators of a file are refused."""
    if not found.fixable:
        return report
    from .rewrite.outlook import with_outlook

    return with_outlook(report, found, shapes)


def explain(
    model: str | Path,
    *,
    profile: str = "converter",
    target: str = targets.DEFAULT,
    converter: str = "",
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
) -> Page:
    """One page on why ``model`` (a file, a built-in name or a part of one) fits or fails; arguments as of ``check``."""
    from .explanation.page import explain

    return explain(
        model_argument(model, protos=False),
        load_target(target, converter),
        choice_argument(profile, PROFILES, "profile"),
        input_persistency,
        shapes_argument(input_shapes),
    )


def fix(
    model: str | Path | onnx.ModelProto,
    output: str | Path | None = None,
    *,
    target: str = targets.DEFAULT,
    converter: str = "",
    approximate: bool = False,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    split_heads: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    explain: bool = False,
    cut: Sequence[str] | None = None,
) -> Fixed:
    """The network of ``model`` in forms that the converter accepts, each rewrite proven, written to ``output`` (None: nowhere).

    ``cut`` names tensors behind which all is left to the host, in ``host.onnx`` beside ``output``; an empty one cuts where
    operators stay refused. ``only`` and ``skip`` name rewrites by id, name, or the rule that they answer. Needs the extra ``fix``. Raises ModelError
    for what cannot be read or rewritten, ConfigError for another argument, ToolchainError where a proof fails.
    """
    from .rewrite.fix import fix

    return fix(
        model_argument(model),
        output,
        load_target(target, converter),
        approximate=approximate,
        only=only,
        skip=skip,
        split_heads=split_heads,
        input_shapes=shapes_argument(input_shapes),
        explain=explain,
        cut=cut,
    )


def compare(
    models: Sequence[str | Path] = (),
    *,
    target: str = targets.DEFAULT,
    converter: str = "",
    input_persistency: bool = True,
) -> Table:
    """The table of ``models``, of every built-in and published one when empty; arguments as of ``check``."""
    from .comparison.rows import compare

    return compare(load_target(target, converter), models_argument(models), input_persistency)


def diff(
    old: str | Path,
    new: str | Path,
    *,
    profile: str = "converter",
    target: str = targets.DEFAULT,
    converter: str = "",
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
) -> Diff:
    """What changed from ``old`` to ``new``, both judged alike; arguments as of ``check``."""
    from .difference.compare import diff

    return diff(
        model_argument(old),
        model_argument(new),
        load_target(target, converter),
        profile=choice_argument(profile, PROFILES, "profile"),
        input_persistency=input_persistency,
        input_shapes=shapes_argument(input_shapes),
    )
