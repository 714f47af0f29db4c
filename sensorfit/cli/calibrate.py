"""``sensorfit calibrate``."""

from __future__ import annotations

from pathlib import Path

import click

from . import options

PATH = click.Path(path_type=Path)
# fmt: off
OUTPUT = click.option("-o", "--output", type=PATH, default=None, metavar="FILE", help="The calibration file to write.  [default: sensorfit-latency.toml]")
MODELS = click.option("--model", "models", multiple=True, type=PATH, metavar="FILE", help="The ONNX file (or built-in model) a log belongs to; one for all logs, or one for each in order.")
ALONE = click.option("--alone", is_flag=True, help="Fit on the logs only, without the shipped measurements (three networks at least).")
# fmt: on


class Calibrate(click.Group):
    """Its own command where the first argument names none: the tables, or a refit from logs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = [TABLES, *args]
        return super().parse_args(ctx, args)


TABLES = "tables"


@click.group(name="calibrate", cls=Calibrate, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Make the latency model better, from measurements on a sensor.

    \b
    sensorfit calibrate                 what the shipped model stands on
    sensorfit calibrate kit DIR         networks to measure, and the script for the Pi
    sensorfit calibrate fit LOG...      refit from what was measured
    sensorfit calibrate LOG --model M   the same of one network's KPI pairs

    \b
    Examples:
      sensorfit calibrate kit my-kit --build
      sensorfit calibrate fit kit-log.json -o my-sensor.toml
      sensorfit check other.onnx --calibration my-sensor.toml
    """


@command.command(name=TABLES, hidden=True)
@click.argument("logs", nargs=-1, type=PATH, metavar="[LOG]...")
@MODELS
@OUTPUT
@options.target
@ALONE
@click.option(
    "--write", is_flag=True, help="Without logs: rewrite the shipped rules/TARGET/latency.toml of a checkout."
)
def tables(logs: tuple[Path, ...], models: tuple[Path, ...], output: Path | None, target: str | None, alone: bool, write: bool) -> None:  # fmt: skip
    """Print what the shipped latency model stands on; with a LOG, refit it as ``calibrate fit`` does."""
    _calibrate(logs, models, output, target, alone, write)


@command.command(name="fit")
@click.argument("logs", nargs=-1, required=True, type=PATH, metavar="LOG...")
@MODELS
@OUTPUT
@options.target
@ALONE
def fit(logs: tuple[Path, ...], models: tuple[Path, ...], output: Path | None, target: str | None, alone: bool) -> None:  # fmt: skip
    """Refit the latency model from logs.

    A LOG is what a kit's measure.py wrote, of one sensor each; several people's
    are merged. Or it holds the KPI pairs of one network, in milliseconds: JSON
    lines with dnn_ms and dsp_ms, with picamera2's kpi pair, or with hw_inference
    ("1.53 ms, 0.08 ms"), or CSV with the columns dnn_ms and dsp_ms; then --model
    or a model field in a line names the ONNX file.

    \b
    Examples:
      sensorfit calibrate fit kit-log.json -o my-sensor.toml
      sensorfit calibrate fit net.jsonl --model net.onnx
    """
    _calibrate(logs, models, output, target, alone, False)


def _calibrate(logs: tuple[Path, ...], models: tuple[Path, ...], output: Path | None, target: str | None, alone: bool, write: bool) -> None:  # fmt: skip
    from ..gate.config import target_for
    from ..latency.session import calibrate
    from ..render.latency import render_refit

    device = target_for(target)
    click.echo(calibrate(device, logs, models, output, render_refit, alone=alone, write=write), nl=False)


@command.command(name="kit")
@click.argument("directory", type=PATH, metavar="DIR")
@click.option(
    "--networks",
    type=int,
    default=20,
    show_default=True,
    metavar="N",
    help="How many networks, PicoSAM2 and 3 among them.",
)
@click.option(
    "--build",
    "packages",
    is_flag=True,
    help="Package each for the sensor, a minute each (extra 'build'); goes on where it stopped.",
)
@click.option("--only", multiple=True, metavar="NAME", help="With --build: package this one only.")
@options.target
def kit(directory: Path, networks: int, packages: bool, only: tuple[str, ...], target: str | None) -> None:
    """Write a kit that calibrates the latency model: networks into DIR, and measure.py for the Raspberry Pi.

    The networks are those that tell the cost model's parameters apart best
    (D-optimal design); the choice and what it tells are printed.

    \b
    Examples:
      sensorfit calibrate kit my-kit
      sensorfit calibrate kit my-kit --build
    """
    from ..errors import ConfigError
    from ..gate.config import target_for
    from ..latency.kit import designed, write
    from ..render.kit import render_kit, render_packages

    if only and not packages:
        raise ConfigError("--only goes with --build")
    device = target_for(target)
    made = designed(device, networks)
    write(made, directory, device)
    click.echo(render_kit(made, directory), nl=False)
    if packages:
        from rich.console import Console

        from ..pipeline.kit import build_kit, expected_of_kit
        from .progress import progress

        with progress(Console(stderr=True), expected_of_kit(directory, only)) as stages:
            done, there = build_kit(directory, device.name, stages, only)
        click.echo(render_packages(done, there, len(made.members), directory), nl=False)
    else:
        click.echo(f"Next: sensorfit calibrate kit {directory} --build\n", nl=False)
