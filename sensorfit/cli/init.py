"""``sensorfit init``."""

from __future__ import annotations

from pathlib import Path

import click

from .options import target


@click.command(name="init")
@click.argument("directory", type=click.Path(exists=True, file_okay=False), default=".")
@target
def command(directory: str, target: str | None) -> None:
    """Set up checks in a repository of models: configuration, CI file, baseline.

    It finds the models, and GitHub or GitLab by what DIRECTORY holds; what is there already is kept. Where no model is
    yet, every .onnx file that will lie in DIRECTORY or below is checked, and another init then writes the baseline.

    \b
    Examples:
      sensorfit init
      sensorfit init ../models

    Exit codes: 0 done; 2 unusable input.
    """
    from ..gate.baseline import FILE as BASELINE
    from ..gate.config import find_config
    from ..gate.init import ALL, init, models_of
    from ..gate.run import baseline_path, check_all
    from ..render.escape import terminal

    root = Path(directory)
    for step in init(root, target):
        click.echo(f"{'wrote' if step.written else 'left '}  {terminal(step.file)}: {terminal(step.said)}")
    config = find_config(root)
    baseline = baseline_path(config, None)
    if baseline.exists():
        click.echo(f"left   {terminal(baseline.name)}: kept: it is there")
    elif not models_of(root) and set(config.models) <= {ALL}:
        click.echo(f"left   {BASELINE}: there is no model to record")
        click.echo("Next: put a model (.onnx) here, then sensorfit init, which writes the baseline")
        return
    elif not config.models:
        globs = ", ".join(f'"{glob}"' for glob in models_of(root))
        click.echo(f"left   {BASELINE}: {terminal(str(config.source))} names no models")
        click.echo(f"Next: add models = [{terminal(globs)}] to it, then sensorfit init")
        return
    else:
        check_all((), config_file=config.source, write_baseline=True)
        click.echo(
            f"What was found today stands in {terminal(baseline.name)} and is accepted; from now on what is new or worse fails."
        )
    click.echo("Next: sensorfit check")
