"""One run of ``sensorfit calibrate``: read, refit, write, say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import ConfigError, ModelError
from ..graph.load import load
from ..graph.lower import lower
from ..models.registry import entry_for, nothing_called
from ..runtime.files import check_output, write_text
from ..target import DEFAULT as DOCUMENTED
from ..target import Target, read_facts
from .calibrate import Measured, Refit, refit, shipped_demands, shipped_measurements
from .calibration_file import render_toml
from .kit_log import Merged, is_kit_log, merge, read_kit_log
from .logs import Log, read_logs

DEFAULT = Path("sensorfit-latency.toml")
SHIPPED_HEADING = (
    "Written by `sensorfit calibrate --write` from measurements.toml and models/graphs/measured; do not edit."
)
BEGIN, END = "<!-- printed by: sensorfit calibrate -->", "<!-- end -->"
"""Marks in docs/latency.md between which the tables stand."""
USER_HEADING = "Written by `sensorfit calibrate`; use it with `sensorfit check --calibration`."


def calibrate(
    target: Target,
    logs: Sequence[Path],
    models: Sequence[Path],
    output: Path | None,
    show: Callable[[Refit], str],
    *,
    alone: bool = False,
    write: bool = False,
) -> str:
    """The text to print; the calibration file is written before it returns. ConfigError for unusable input."""
    if not logs:
        if models or alone or output:
            raise ConfigError(
                "--model, --alone and --output go with a LOG: sensorfit calibrate LOG --model MODEL.onnx"
            )
        result = refit(shipped_measurements(target), target, shipped_demands(target))
        text = show(result)
        if write:
            path = Path(__file__).parents[2] / "rules" / target.name / "latency.toml"
            if not path.is_file():
                raise ConfigError(
                    "--write works in a checkout of sensorfit only; with logs, the user's own file is written"
                )
            write_text(path, render_toml(result, target, SHIPPED_HEADING))
            page = path.parents[2] / "docs" / "latency.md"  # has the tables of one device
            also = _into_docs(page, text) if target.name == DOCUMENTED else ""
            text += f"\nWrote {path.name}{also}.\n"
        return text
    if write:
        raise ConfigError(
            "--write rewrites the shipped constants and takes no LOG; use --output for a file of your own"
        )
    path = output or DEFAULT
    of_kits = [log for log in logs if is_kit_log(log)]
    others = [log for log in logs if log not in of_kits]
    if of_kits and models and not others:
        raise ConfigError("--model goes with a log of KPI pairs; a kit's log names its networks")
    read = read_logs(others, models) if others else ()
    check_output(path, (*logs, *(log.model for log in read)))
    merged = merge([read_kit_log(log, target) for log in of_kits], target) if of_kits else Merged((), ())
    own = (*merged.measured, *(_measured(log) for log in read))
    shipped = () if alone else shipped_measurements(target)
    result = refit((*own, *shipped), target)
    write_text(path, render_toml(result, target, USER_HEADING))
    error = read_facts("latency", target)["error"]
    before = (
        ""
        if alone
        else f"Before, on the shipped measurements alone: median {error['median']:.1%}, worst {error['worst']:.1%}.\n"
    )
    notes = "".join(f"{note}\n" for note in merged.notes)
    return (
        show(result)
        + f"\n{notes}{before}Wrote {path}; use it with: sensorfit check MODEL --calibration {path}\n"
    )


def _measured(log: Log) -> Measured:
    built_in = entry_for(log.model)
    if built_in is None and not log.model.exists():
        raise ModelError(nothing_called(log.model))
    graph = lower(load(built_in.graph, built_in.name) if built_in else load(log.model))
    return Measured(
        name=graph.name,
        graph=graph,
        ms=log.ms,
        confidence="own",
        covers=f"DSP runtime, median of {len(log.dsp_ms)} frames, {min(log.dsp_ms):g} to {max(log.dsp_ms):g} ms",
        group=f"log:{log.model.resolve()}",
        source=log.path.name,
    )


def _into_docs(path: Path, tables: str) -> str:
    """Put ``tables`` between the marks in the checkout's documentation; " and its name" when it is there."""
    if not path.is_file():
        return ""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return ""
    write_text(path, f"{before}{begin}\n\n{tables}\n{end}{after}")
    return f" and {path.name}"
