"""``sensorfit build``: a float network to what the sensor loads, and the evidence beside it.

network ─► check ─► MCT ─► INT8 ONNX ─► float/INT8 ─► imxconv-pt ─► predicted/actual ─► DIR
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

from ..arguments import model_argument
from ..convert.commands import command_bytes, command_room
from ..convert.insight import read_timeline
from ..convert.installed import running
from ..convert.java import java_version
from ..convert.messages import ConverterMemory
from ..convert.toolchain import (
    CONVERTER,
    PACKAGER,
    Conversion,
    convert,
    need_tool,
    run,
    tool,
)
from ..errors import ConfigError, OutOfTime, Refused, SensorfitError, ToolchainError
from ..quantize import fidelity as fidelities
from ..quantize.calibration import CalibrationSet, calibration_set
from ..quantize.fidelity import compare, run_both
from ..quantize.layers import compare_layers, layer_bits
from ..quantize.ranges import cap_ranges, said_of
from ..runtime.extra import need_build_extra
from ..runtime.scratch import scratch_directory
from ..target import DEFAULT, Target, load_target
from . import bundle, failure_log, unfinished
from .budget import device_budget
from .deploy import read_labels, write_deploy
from .gain import gain_of
from .model import PACKAGE, RPK, RPK_COMMAND, Build, Normalisation
from .network import network_of
from .quantizer import Quantizer
from .refusal import stop_where_it_does_not_fit
from .request import Request, request_of
from .samples import samples
from .stages import Stages
from .warnings import other_version, warnings_of

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..quantize.bridge import Source
    from ..report.report import Report

FLOAT, INT8, PARAMS = "model.onnx", "model.int8.onnx", "dnnParams.xml"
MEMORY, CONVERTER_LOG, QUANTIZE_LOG, REPORT, PAGE = (
    "memory_report.json",
    "converter.log",
    "quantize.log",
    "report.json",
    "report.html",
)
CONVERTED = "converted"
"""Where the converter's files lie, in the scratch directory."""


def build(
    model: str | Path,
    directory: str | Path,
    *,
    target: str = DEFAULT,
    converter: str = "",
    stages: Stages | None = None,
    page: Callable[[Build], str] | None = None,
    **options: Any,
) -> Build:
    """Quantize ``model`` (a built-in name or an ONNX file) to INT8 and package it for ``target`` into ``directory``.

    ``page`` makes the text of report.html there (``sensorfit.render.build_page.render``); without it there is none.
    ``options`` are the fields of ``Request`` and of its groups (``pipeline.request``). Raises InputError for what cannot
    be used, Refused when the converter says no, ToolchainError when a tool
    fails or is missing; then ``directory`` is not there, and once a tool has run DIRECTORY.log is.
    """
    model = str(model_argument(model, protos=False))
    if not isinstance(directory, (str, os.PathLike)):
        raise ConfigError(f"the directory to make is of type {type(directory).__name__}; give a path")
    place = Path(directory)
    request = request_of(
        model, place if place.name not in ("", "..") else place.resolve(), target, converter, options
    )
    request.check()
    stages = stages or Stages()
    with (
        scratch_directory("build") as scratch,
        bundle.atomic_directory(request.directory) as out,
    ):
        try:
            result = _build(request, out, scratch, stages, page)
        except Exception as error:
            printed = (out / QUANTIZE_LOG, out / CONVERTER_LOG)
            log = failure_log.keep(error, request.directory, printed, stages.done)
            if log is not None and isinstance(error, SensorfitError):
                raise type(error)(f"{error} (log: {log})") from error
            raise
    failure_log.remove(request.directory)
    unfinished.remove(request.directory)
    return result


def readable(model: str, target: Target) -> None:
    """ModelError when a file of the user's cannot be analysed. To be asked in a child first: a build reads it in this process,
    beside torch and onnxruntime."""
    from ..analysis import analyse

    if Path(model).exists():
        analyse(model, target)


def _build(
    request: Request, out: Path, scratch: Path, stages: Stages, page: Callable[[Build], str] | None
) -> Build:
    asked = load_target(request.target, request.converter)
    target = running(asked)
    labels = read_labels(request.deploy.labels)
    converter_log = out / CONVERTER_LOG
    with stages.stage("read the network"):
        need_tool(CONVERTER)
        java = java_version()
        need_build_extra()
        from ..quantize import bridge

        network, rewritten = network_of(request, target, scratch)
    with stages.stage("prepare calibration images"):
        asked_for = request.calibration
        calibration = calibration_set(
            network.shape,
            asked_for.calib,
            asked_for.boxes,
            asked_for.calib_limit,
            request.seed,
            asked_for.synthetic_images,
        )
    with stages.stage("check the float graph"):
        mean, std = _normalisation(request, network)
        module = _float_graph(network, mean, std, request.seed, out / FLOAT)
        found, report, normalisation = _check(
            network, target, mean, std, out / FLOAT, request.input_persistency
        )
        stages.step(f"predicted: {report.verdict.replace('_', ' ')}, {report.memory.total_bytes:,} B")
        stop_where_it_does_not_fit(report, request)
    budget = device_budget(request.quantization.weights_budget, found, network.name)
    facts = _facts(request, network, calibration, normalisation, java)
    key = unfinished.key_of(out / FLOAT, {**facts, "budget": budget, "judged by": target.converter_version})
    saturated = unfinished.take(out, request.directory, key)
    quantizer = Quantizer(
        network,
        module,
        calibration,
        found,
        request.seed,
        request.input_persistency,
        out / QUANTIZE_LOG,
        stages,
    )
    told: int | None = None
    with stages.stage("quantize to INT8"):
        if saturated is None:
            told = quantizer.within(budget, request.quantization, out / FLOAT, out / INT8)
            saturated = cap_ranges(out / INT8, target)
        else:
            stages.step(f"goes on from {unfinished.folder(request.directory)}")
        quantized_report = None if budget is None else quantizer.report(out / INT8)
        if quantized_report is not None:
            report = replace(quantized_report, model=report.model)
    with stages.stage("compare float and INT8"):
        runs = run_both(out / FLOAT, out / INT8, calibration.images)
        outputs = compare(runs)
        layers = compare_layers(out / INT8, calibration.images, runs.floating[0])
        bits = layer_bits(out / INT8)
        fidelity = outputs[0]
        shown = samples(runs, calibration.images) if page is not None else ()
    gain = None
    if request.quantization.settings() and (budget is None or told is not None):
        with stages.stage("quantize with the default settings, to compare"):
            gain = gain_of(quantizer, request.quantization, told, runs.floating, scratch)
    with stages.stage(f"convert for the {target.title}"):
        try:
            memory = _convert(network.name, target, out, scratch, request, stages)
        except OutOfTime as error:
            files = (out / FLOAT, out / INT8, out / QUANTIZE_LOG)
            if (kept := unfinished.keep(files, request.directory, key, saturated)) is None:
                raise
            raise OutOfTime(
                f"{error}; the quantized network is kept in {kept}, from which the same command goes on"
            ) from error
    warnings: tuple[str, ...] = (
        *warnings_of(network, calibration, report, request.quantization.shift_negative),
        *other_version(asked, target),
        *said_of(saturated, target),
        *fidelities.said_of(outputs, next(iter(layers.not_finite), "")),
    )
    commands = command_bytes(out / PACKAGE)
    with stages.stage("package"):
        _rpk(out, converter_log, request.time_limit)
        warnings += write_deploy(
            out, network.name, target, labels, calibration, out / FLOAT, out / INT8, out / PARAMS
        )
        bundle.write_json(out / REPORT, {
            **report.to_dict(),
            "converter": {
                "memory": memory.to_dict(),
                "commands": {"bytes": commands, "room_bytes": command_room(target)},
            },
            "fidelity": {
                **fidelity.to_dict(),
                "outputs": [one.to_dict() for one in outputs],
                "layers": layers.to_dict(every=request.debug_quantization),
                "by_default": None if gain is None else gain.to_dict(),
            },
            "weights": [asdict(layer) for layer in bits],
            "build": {
                "normalisation": normalisation.to_dict(),
                "calibration": calibration.source,
                **request.quantization.to_dict(),
                "rewrites": [r.to_dict() for r in rewritten.rewrites] if rewritten else [],
                "warnings": list(warnings),
                "rpk": RPK if (out / RPK).is_file() else f"on a Raspberry Pi: {RPK_COMMAND}",
                "stages": [{"name": s.name, "seconds": s.seconds} for s in stages.done],
            },
        })  # fmt: skip
        if rewritten is not None:
            facts["model"]["rewritten_from_sha256"] = bridge.sha256_of(Path(request.model))
        made = Build(
            name=network.name,
            directory=request.directory,
            report=report,
            memory=memory,
            fidelity=fidelity,
            outputs=outputs,
            layers=layers,
            bits=bits,
            command_bytes=commands,
            gain=gain,
            rewrites=dict(rewritten.counted()) if rewritten else {},
            debug=request.debug_quantization,
            normalisation=normalisation,
            calibration=calibration.source,
            warnings=warnings,
            files=_names(out),
            stages=tuple(stages.done),
            timeline=read_timeline(scratch / CONVERTED),
            samples=shown,
        )
        if page is not None:
            each = found.layers() if quantized_report is None else ()  # else they are of other bits
            text = page(replace(made, report=replace(report, layers=each)))
            (out / PAGE).write_text(text, encoding="utf-8")
        bundle.write_manifest(out, facts)
    return replace(made, files=_names(out), stages=tuple(stages.done))


def _names(out: Path) -> tuple[str, ...]:
    return tuple(sorted(p.name for p in out.iterdir()))


def _normalisation(request: Request, network: Source) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if request.mean is None:
        return network.mean, network.std
    return (request.mean, request.std or ()) if request.mean else ((), ())


def _float_graph(network: Source, mean: Sequence[float], std: Sequence[float], seed: int, path: Path) -> Any:
    """Write ``model.onnx`` and return the torch module that computes it."""
    from ..models.export import export_float
    from ..quantize.preprocessing import normalised
    from ..quantize.ptq import reproducible

    module = normalised(network.module, mean, std, network.shape[0])
    with reproducible(seed):
        if network.onnx_file is not None and not mean:
            onnx.save(network.onnx_file, str(path))  # with what stood beside it
        else:
            onnx.save(export_float(module, network.shape), str(path))
    return module


def _check(
    network: Source,
    target: Target,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    path: Path,
    input_persistency: bool,
) -> tuple[Analysis, Report, Normalisation]:
    """The check of what is built, its report, and what the normalisation adds to its memory."""
    from ..analysis import analyse
    from ..models.export import export_float

    shapes = {"": (1, *network.shape)}
    found = analyse(path, target, input_persistency=input_persistency, input_shapes=shapes)
    report = found.report("converter")
    # The file is still in a directory that will be renamed, under a name every build uses.
    report = replace(report, model=replace(report.model, name=network.name, path=path.name))
    if not mean:
        return found, report, Normalisation((), ())
    model = export_float(network.module, network.shape)
    bare = analyse(model, target, input_persistency=input_persistency).memory
    cost = report.memory.weights_bytes - bare.weights_bytes, report.memory.runtime_bytes - bare.runtime_bytes
    return found, report, Normalisation(mean, std, *cost)


def _convert(
    name: str, target: Target, out: Path, scratch: Path, request: Request, stages: Stages
) -> ConverterMemory:
    """Run the converter and take its files; Refused or ToolchainError with its reason."""
    network = scratch / f"{re.sub(r'[^A-Za-z0-9_]', '_', name)}.onnx"  # the name the device shows
    shutil.copyfile(out / INT8, network)
    made = convert(
        network,
        scratch / CONVERTED,
        out / CONVERTER_LOG,
        input_persistency=request.input_persistency,
        time_limit=request.time_limit,
        on_step=stages.step,
    )
    if made.complaint is not None:
        kind = Refused if made.complaint.refused(target) else ToolchainError
        raise kind(f"{name}: {made.complaint.sentence(target)}")
    assert made.memory is not None
    _take(made, out)
    return made.memory


def _take(made: Conversion, out: Path) -> None:
    shutil.copyfile(next(made.directory.glob("*_MemoryReport.json")), out / MEMORY)
    for name in (PACKAGE, PARAMS):
        if not (made.directory / name).is_file():
            raise ToolchainError(f"the converter ended well but wrote no {name}")
        shutil.copyfile(made.directory / name, out / name)


def _rpk(out: Path, log: Path, time_limit: float) -> None:
    """``network.rpk`` where Raspberry Pi's packager is installed."""
    packager = tool(PACKAGER)
    if packager is None:
        return
    with scratch_directory("rpk") as scratch:
        code, _ = run([packager, "-i", out / PACKAGE, "-o", scratch], log, time_limit)
        made = scratch / RPK
        if code or not made.is_file():
            raise ToolchainError(f"{PACKAGER} did not make {RPK} from {PACKAGE} (exit code {code})")
        shutil.copyfile(made, out / RPK)


def _facts(
    request: Request, network: Source, calibration: CalibrationSet, normalisation: Normalisation, java: str
) -> dict[str, Any]:
    return {
        "model": {
            "name": network.name,
            "origin": network.origin,
            "sha256": network.sha256,
            "input": [1, *network.shape],
        },
        "target": request.target,
        "tools": bundle.tool_versions(java),
        "options": {
            "precision": "int8",
            "weights": network.weights,
            **request.quantization.to_dict(),
            "input_persistency": request.input_persistency,
            "size": None if request.size is None else list(request.size),
            "calib_limit": request.calibration.calib_limit,
            "synthetic_images": request.calibration.synthetic_images,
            "force": request.force,
        },
        "seed": request.seed,
        "normalisation": normalisation.to_dict(),
        "calibration": {
            "source": calibration.source,
            "images": len(calibration.images),
            "sha256": calibration.sha256,
        },
    }
