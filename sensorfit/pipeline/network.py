"""The network that a build quantizes: as it is given or, with --fix, with the refused forms rewritten first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError, SensorfitError
from ..target import Target
from .refusal import stop_where_it_does_not_fit
from .request import Request

if TYPE_CHECKING:
    from ..quantize.bridge import Source
    from ..report.report import Report
    from ..rewrite.result import Fixed


def network_of(request: Request, target: Target, scratch: Path) -> tuple[Source, Fixed | None]:
    """The network and what was rewritten in it; an error of the rewritten file names the user's.

    Refused with the check's findings where torch cannot carry what does not fit either: they are the cause.
    """
    from ..quantize import bridge

    made = _rewritten(request, target, scratch) if request.fix else None
    file = made.output if made else request.model
    try:
        source = bridge.source(file, request.weights, request.size, request.seed)
        return (source if made is None else replace(source, notes=(*made.notes, *source.notes))), made
    except SensorfitError as error:
        if isinstance(error, bridge.NotCarried):
            stop_where_it_does_not_fit(_judged(file, request, target), request, carried=False)
        raise type(error)(str(error).replace(file, request.model)) from error


def _rewritten(request: Request, target: Target, scratch: Path) -> Fixed:
    """What ``fix`` makes of the file, written below ``scratch`` under the same name."""
    if not Path(request.model).exists():
        raise ConfigError(
            f"--fix rewrites an ONNX file; {request.model} is a built-in model, which needs none"
        )
    from ..rewrite.fix import fix

    folder = scratch / "fixed"
    folder.mkdir()
    shapes = None if request.size is None else {"": _at_size(request)}
    return fix(request.model, folder / f"{Path(request.model).stem}.onnx", target, input_shapes=shapes)


def _judged(file: str, request: Request, target: Target) -> Report:
    """What ``check`` says of ``file`` at the size that was asked for, under the name of the user's."""
    from ..analysis import analyse

    shapes = None if request.size is None else {"": _at_size(request)}
    report = analyse(file, target, input_persistency=request.input_persistency, input_shapes=shapes).report(
        "converter"
    )
    return replace(report, model=replace(report.model, name=Path(request.model).stem))


def _at_size(request: Request) -> tuple[int, ...]:
    """The image's shape with the height and width of --size."""
    from ..graph.load import load

    assert request.size is not None
    graph = load(request.model)
    shape = graph.shape(graph.inputs[0]) or ()
    if len(shape) != 4 or shape[1] is None:
        raise ConfigError(f"--size: {request.model} has no input (1, channels, height, width)")
    return (1, shape[1], *request.size)
