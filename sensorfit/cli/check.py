"""``sensorfit check``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import click

from ..render.outputs import FORMATS
from ..report.layer import SORTS
from . import complete
from .options import PROFILES, converter, input_shape, listed, target
from .waiting import Count, several, waiting


def _clock(names: Sequence[str]) -> AbstractContextManager[Count]:
    return waiting("check", several(names), len(names) if len(names) > 1 else 0)


# fmt: off
@click.command(name="check")
@click.argument("models", nargs=-1, type=click.Path(), metavar="[MODEL]...", shell_complete=complete.model)
@click.option("--format", "formats", type=click.Choice(FORMATS), multiple=True, help="Output format; may be given several times.  [default: console]")
@click.option("--output", "outputs", multiple=True, metavar="[FORMAT=]FILE", shell_complete=complete.file, help="Write to FILE, in the format of --format or of its name (.html .sarif .json .xml .md).")
@click.option("--plot", metavar="FILE", shell_complete=complete.file, help="Draw memory over the schedule and latency by layer for a paper, as .svg, .png or .pdf (extra 'plot').")
@click.option("--profile", type=PROFILES, help="Whose rules decide: the converter's, or the PicoSAM papers', which are stricter.  [default: converter]")
@target
@converter
@click.option("--input-persistency/--no-input-persistency", default=None, help="Count the input tensor kept in memory, as the converter does by default.")
@input_shape
@click.option("--memory", is_flag=True, help="Show the memory plan step by step.")
@click.option("--layers", is_flag=True, help="List the layers with their weights, activations, MACs, ms and bits.")
@click.option("--sort", type=click.Choice(SORTS), help="List the layers, those that take most of this first.")
@click.option("--bits", type=click.Choice(["8", "4", "2"]), default="8", show_default=True, callback=lambda ctx, option, value: int(value), help="Count weights at this many bits: what `build --weights-budget` could reach.")
@click.option("--confirm", is_flag=True, help="Ask the real converter as well: of a float model its operators, of one quantized by MCT the memory too (extra 'build').")
@click.option("--calibration", metavar="FILE", shell_complete=complete.file, help="Estimate latency by a file that `sensorfit calibrate` wrote.")
@click.option("--fail-on", type=click.Choice(["error", "warning", "info", "never"]), help="Exit 1 on a finding of this severity or above.  [default: error]")
@click.option("--select", multiple=True, callback=listed, metavar="RULES", shell_complete=complete.rule, help="Show only these rules, by id, name (Softmax) or prefix (SF2).")
@click.option("--ignore", multiple=True, callback=listed, metavar="RULES", shell_complete=complete.rule, help="Leave these rules out; the verdict stays what it is.")
@click.option("--config", "config_file", metavar="FILE", shell_complete=complete.file, help="Configuration instead of the nearest sensorfit.toml or pyproject.toml.")
@click.option("--baseline", "baseline_file", metavar="FILE", shell_complete=complete.file, help="Fail only on what is new or worse than FILE.  [default: sensorfit-baseline.json where it exists]")
@click.option("--no-baseline", is_flag=True, help="Judge without a baseline.")
@click.option("--write-baseline", is_flag=True, help="Record today's findings and figures as the baseline.")
@click.option("-j", "--jobs", type=click.IntRange(min=0), help="Check this many models at once (0: one per core).  [default: 1]")
@click.option("-v", "--verbose", is_flag=True, help="Show everything: each node of each finding, evidence, the peak, the slowest layers, caveats.")
@click.pass_context
def command(ctx: click.Context, models: tuple[str, ...], **options: Any) -> None:
    """Check whether each MODEL runs inside the sensor.

    A MODEL is a file, a glob, a directory or a built-in name; without one, the
    configuration's models. The exit code is that of the worst model. Where
    operators are refused, it also says what `sensorfit fix` would reach.

    \b
    Examples:
      sensorfit check model.onnx
      sensorfit check picosam3 --output report.html
      sensorfit check picosam3 --plot picosam3.svg
      sensorfit check model.onnx --input-shape 1x3x128x128 --memory
      sensorfit check model.onnx --sort memory
      sensorfit check models/ -j 4 --format github --output out.sarif
      sensorfit check --write-baseline && sensorfit check
    """
    from ..gate.run import check_all

    ctx.exit(check_all(models, clock=_clock, **options))
