"""``sensorfit sweep``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConfigError
from . import options

if TYPE_CHECKING:
    from ..sweep.run import Progress

PATH = click.Path(path_type=Path)
SAMPLERS = click.Choice(["grid", "random", "tpe", "nsga2", "nsga3", "qmc"])


class SpaceFirst(click.Group):
    """``sweep SPACE.toml`` is ``sweep run SPACE.toml``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "SPACE.toml -o DIR [OPTIONS]")
        formatter.write_usage(ctx.command_path, "pick DIR NUMBER -o FILE [OPTIONS]", prefix="       ")
        formatter.write_usage(ctx.command_path, "families", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        run.format_options(click.Context(run, parent=ctx, info_name="run"), formatter)


@click.command(name="sweep", cls=SpaceFirst)
def command() -> None:
    """Judge the networks that SPACE.toml describes, and find the Pareto front of those that fit.

    DIR then holds candidates.parquet, front.csv and front.html. A sweep that was stopped goes on when it is started again.

    \b
    Examples:
      sensorfit sweep space.toml -o out --candidates 10000
      sensorfit sweep space.toml -o out --sampler nsga2 --workers 8
      sensorfit sweep space.toml -o out --scheduler tcp://10.0.0.1:8786
      sensorfit sweep pick out 17 -o model.onnx

    Exit codes: 0 done; 1 no candidate fits and keeps the constraints; 2 unusable input or usage; 3 an extra is missing; 130
    interrupted.
    """


# fmt: off
@command.command(name="run", hidden=True)
@click.argument("space", type=PATH, metavar="SPACE.toml")
@click.option("-o", "--output", "directory", type=PATH, required=True, metavar="DIR", help="Folder of the results; a sweep in it goes on.")
@click.option("--sampler", type=SAMPLERS, help="How candidates are chosen.  [default: grid up to 10,000 combinations, else random]")
@click.option("--candidates", type=click.IntRange(1), metavar="N", help="How many candidates.  [default: all of a grid, else 1000]")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sampler.")
@click.option("--workers", type=click.IntRange(0), default=0, metavar="N", help="Processes.  [default: one per core]")
@click.option("--scheduler", metavar="local|tcp://...", help="Judge on a Dask cluster (extra 'cluster').")
@click.option("--batch", type=click.IntRange(1), metavar="N", help="Candidates per task.  [default: 100; 8 with Optuna's samplers]")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True, metavar="S", help="Time limit for one candidate, in seconds.")
@click.option("--accuracy", metavar="train|MODULE:FUNCTION", help="Train candidates of the front on --data, or measure them with a function of yours.")
@click.option("--data", type=PATH, metavar="PATH", help="For --accuracy train: material, a folder of `data demo`, or annotations (extra 'train').")
@click.option("--images", type=PATH, metavar="DIR", help="Folder of the images that --data names.")
@click.option("--steps", type=click.IntRange(1), default=500, show_default=True, metavar="N", help="Training steps for each candidate.")
@click.option("--train-batch", type=click.IntRange(1), default=32, show_default=True, metavar="N", help="Crops per step.")
@click.option("--also", type=click.IntRange(0), multiple=True, metavar="NUMBER", help="Measure this candidate as well; may be given several times.")
@click.option("--measured", type=click.IntRange(0), default=8, show_default=True, metavar="N", help="How many candidates of the front to measure.")
@click.option("--confirm", "confirmed", type=click.IntRange(1), metavar="N", help="Build N candidates of the front with MCT and the real converter (extra 'build').")
@click.option("--overwrite", is_flag=True, help="Start again where DIR holds another sweep.")
@options.target
@options.converter
@options.input_persistency
@click.pass_context
def run(ctx: click.Context, space: Path, directory: Path, accuracy: str | None, data: Path | None, images: Path | None, steps: int, train_batch: int, also: tuple[int, ...], measured: int, confirmed: int | None, target: str | None, converter: str | None, **settings: Any) -> None:
    """Judge the networks that SPACE.toml describes."""
    from ..gate.config import target_for
    from ..render.screen import console_for
    from ..render.sweep.console import show
    from ..render.sweep.page import render
    from ..runtime.extra import need_build_extra
    from ..runtime.files import write_text
    from ..sweep.run import sweep

    device = target_for(target, [], converter)
    function: Any = accuracy
    if accuracy == "train":
        from ..sweep.training import Training

        if data is None:
            raise ConfigError("--accuracy train needs --data: material, a folder of `sensorfit data demo`, or annotations")
        function = Training(data, images, steps, train_batch, settings["seed"])
    if confirmed:
        need_build_extra()
    with _shown() as progress:
        found = sweep(space, directory, progress=progress, target=device.name, converter=device.converter_version, **settings)
    write_text(directory / "front.html", render(found))
    console = console_for(sys.stdout)
    show(found, console)
    if accuracy and found.front:
        from ..render.sweep.later import show_measured
        from ..sweep.accuracy import measure, with_accuracies

        if accuracy == "train":
            click.echo(f"each candidate trains for {function.said}, from random weights", err=True)
        results = measure(found, function, measured, settings["seed"], lambda line: click.echo(line, err=True), also)
        found = with_accuracies(found, results)
        write_text(directory / "front.html", render(found))
        show_measured(results, found, console)
    if confirmed and found.front:
        from ..render.sweep.later import show_confirmed
        from ..sweep.confirm import confirm

        options = (lambda: function.build_options(directory / "confirmed" / "calibration")) if accuracy == "train" else dict
        show_confirmed(confirm(found, confirmed, lambda line: click.echo(line, err=True), options), console)
    ctx.exit(0 if found.front else 1)


@command.command(name="families")
def families() -> None:
    """List the built-in families with their parameters."""
    from ..render.sweep.families import listing
    from ..sweep.families.known import FAMILIES

    click.echo(listing(FAMILIES.values()), nl=False)


@command.command(name="pick")
@click.argument("directory", type=PATH, metavar="DIR")
@click.argument("number", type=click.IntRange(0), metavar="NUMBER")
@click.option("-o", "--output", type=PATH, required=True, metavar="FILE", help="ONNX file to write.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random weights.")
def picked(directory: Path, number: int, output: Path, seed: int) -> None:
    """Write candidate NUMBER of the sweep in DIR as an ONNX file.

    A built-in family's network has the weights that `--accuracy train` trained it to, else random ones: it can be checked,
    built and trained.
    """
    from ..sweep.pick import pick, trained

    row = pick(directory, number, output, seed)
    verdict = row["verdict"].replace("_", " ")
    if trained(directory, number).is_file():
        from ..models.registry import find

        entry = find("picosam3")  # what the training normalises with, and the graph does not hold
        assert entry is not None
        mean, std = (",".join(map(str, values)) for values in (entry.mean, entry.std))
        click.echo(f"{output}: candidate {number} as trained, {verdict}. Next: sensorfit build {output} --mean {mean} --std {std}")
    else:
        click.echo(f"{output}: candidate {number} with random weights, {verdict}. Next: sensorfit check {output}")
# fmt: on


@contextmanager
def _shown() -> Iterator[Progress]:
    """A bar with rate and time left on a terminal; elsewhere a line every ten seconds."""
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    began = said = monotonic()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("judged", total=None, rate="")

        def progress(done: int, total: int | None, judged: int) -> None:
            nonlocal said
            now = monotonic()
            speed = judged / max(now - began, 1e-9)
            bar.update(task, completed=done, total=total, rate=_rate(speed))
            if not console.is_terminal and now - said >= 10:
                said = now
                left = (
                    f", at most {(total - done) / speed:,.0f} s left" if total is not None and speed else ""
                )
                click.echo(
                    f"{done:,} of at most {total:,} candidates, {_rate(speed)}{left}"
                    if total
                    else f"{done:,} candidates",
                    err=True,
                )

        yield progress


def _rate(speed: float) -> str:
    return f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s"
