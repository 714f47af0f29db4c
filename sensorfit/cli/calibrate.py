"""``sensorfit calibrate``."""

from __future__ import annotations

from pathlib import Path

import click

from . import options


@click.command(name="calibrate")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path), metavar="[LOG]...")
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The ONNX file (or built-in model) a log belongs to; one for all logs, or one for each in order.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="The calibration file to write.  [default: sensorfit-latency.toml]",
)
@options.target
@click.option(
    "--alone",
    is_flag=True,
    help="Fit on the logs only, without the shipped measurements (three networks at least).",
)
@click.option(
    "--write", is_flag=True, help="Without logs: rewrite the shipped rules/TARGET/latency.toml of a checkout."
)
def command(
    logs: tuple[Path, ...],
    models: tuple[Path, ...],
    output: Path | None,
    target: str | None,
    alone: bool,
    write: bool,
) -> None:
    """Refit the latency model from measurements on a sensor.

    Each LOG holds the KPI pairs of one network, in milliseconds: JSON lines
    with dnn_ms and dsp_ms, with picamera2's kpi pair, or with hw_inference
    ("1.53 ms, 0.08 ms"), or CSV with the columns dnn_ms and dsp_ms. A model
    field in a line may name the ONNX file. Without a LOG, prints what the
    shipped model stands on.

    \b
    Examples:
      sensorfit calibrate
      sensorfit calibrate net.jsonl --model net.onnx -o my-sensor.toml
      sensorfit check other.onnx --calibration my-sensor.toml
    """
    from ..gate.config import target_for
    from ..latency.session import calibrate
    from ..render.latency import render_refit

    device = target_for(target)
    click.echo(calibrate(device, logs, models, output, render_refit, alone=alone, write=write), nl=False)
