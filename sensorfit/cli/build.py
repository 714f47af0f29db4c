"""``sensorfit build``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from . import complete
from .options import bytes_or_fit, channel_values, converter, size, target

PATH = click.Path(path_type=Path)


# fmt: off
@click.command(name="build")
@click.argument("model", shell_complete=complete.model)
@click.option("--int8", is_flag=True, expose_value=False, help="8-bit weights and activations: what is made without this option, too; --weights-budget makes some weights smaller.")
@click.option("-o", "--output", "directory", type=PATH, metavar="DIR", help="Directory to make.  [default: MODEL-TARGET]")
@click.option("--weights", type=PATH, metavar="FILE.pt", help="Checkpoint of a built-in model.")
@click.option("--calib", type=PATH, metavar="DIR", help="Calibration images; about a hundred from your scenes.")
@click.option("--boxes", type=PATH, metavar="COCO.json", help="Boxes to cut the images to, one ROI each.")
@click.option("--calib-limit", type=int, default=128, show_default=True, metavar="N", help="Use at most N of the images.")
@click.option("--synthetic-images", type=int, default=16, show_default=True, metavar="N", help="Images to make where there is no --calib.")
@target
@converter
@click.option("--mean", callback=channel_values, metavar="R,G,B|none", help="Normalisation to build in, on RGB in [0, 1].  [default: the model's]")
@click.option("--std", callback=channel_values, metavar="R,G,B", help="The standard deviation, with --mean.")
@click.option("--size", callback=size, metavar="N|HxW", help="Input height and width, where the file leaves them open.")
@click.option("--seed", type=int, default=0, show_default=True, help="Picks images, makes synthetic ones and random weights, seeds MCT.")
@click.option("--shift-negative/--no-shift-negative", default=False, show_default=True, help="MCT's correction of activations with a small negative part: more exact at times, more memory than predicted.")
@click.option("--bias-correction/--no-bias-correction", default=True, show_default=True, help="Move biases by the mean error of the quantized weights.")
@click.option("--z-threshold", type=float, default=float("inf"), metavar="Z", help="Leave activations further than Z standard deviations from their mean out of the ranges.  [default: none left out]")
@click.option("--weights-budget", callback=bytes_or_fit, metavar="BYTES|fit", help="Weights of 8, 4 or 2 bits, chosen by MCT layer by layer, within this many bytes on the device, or within what the sensor has left.")
@click.option("--gptq", type=int, default=0, show_default=True, metavar="EPOCHS", help="Round weights by gradient descent: passes over the calibration images; 0 for none.")
@click.option("--debug-quantization", is_flag=True, help="Compare float and INT8 at every layer, on the screen and in report.json.")
@click.option("--input-persistency/--no-input-persistency", default=True, show_default=True, help="Keep the input tensor in memory, as the converter does by default.")
@click.option("--time-limit", type=float, default=1800, show_default=True, metavar="SECONDS", help="Stop the converter after this long.")
@click.option("--labels", type=PATH, metavar="FILE", help="Names of the classes for deploy/, one a line.")
@click.option("--fix", is_flag=True, help="First rewrite what the converter refuses, as sensorfit fix does.")
@click.option("--force", is_flag=True, help="Go on where the check says that the network does not fit.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier build in that directory.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def command(model: str, directory: Path | None, target: str | None, converter: str | None, quiet: bool, **options: Any) -> None:
    """Quantize MODEL (a built-in name or an ONNX file) and package it for the sensor.

    \b
    Examples:
      sensorfit build picosam3 --int8 -o out
      sensorfit build picosam3 --weights picosam3.pt --calib images --boxes boxes.json
      sensorfit build model.onnx --calib images --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
    """
    from rich.console import Console

    from ..gate.config import target_for
    from ..pipeline.build import build, readable
    from ..pipeline.history import expected, remember
    from ..render.build import print_build
    from ..render.build_page import render
    from ..render.screen import console_for
    from ..runtime.held import sigterm_exits
    from ..runtime.isolated import isolated
    from .progress import progress

    device = target_for(target, [model], converter)
    isolated(model, lambda: readable(model, device))
    sigterm_exits()  # with nothing half-written and no Java behind
    with progress(Console(stderr=True, quiet=quiet), expected(model)) as stages:
        made = build(
            model, directory or Path(f"{Path(model).stem}-{device.name}"), target=device.name,
            converter=device.converter_version, stages=stages, page=render, **options
        )
    remember(model, made.stages)
    if not quiet:
        print_build(made, console_for(sys.stdout))
