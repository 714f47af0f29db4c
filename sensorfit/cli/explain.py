"""``sensorfit explain``."""

from __future__ import annotations

import click

from . import options


# fmt: off
@click.command(name="explain")
@click.argument("model")
@click.option("--format", "form", type=click.Choice(["console", "markdown", "json"]), default="console", show_default=True, help="Output format.")
@options.output
@options.profile
@options.input_persistency
def command(model: str, form: str, output: str | None, profile: str, input_persistency: bool) -> None:
    """Say why MODEL fits the sensor or not, on one page.

    MODEL is a file or a built-in name; `tinysam` covers its encoder and its
    decoder, `tinysam/decoder` one of them.

    \b
    Examples:
      sensorfit explain tinysam
      sensorfit explain model.onnx --format markdown --output why.md

    Exit codes: 0 it fits or the answer is unknown; 1 it does not fit; 2
    unusable input; 3 sensorfit itself failed.
    """
    from ..explain import explain, present
    from ..report.pipe import reader_may_leave

    page = explain(model, profile=profile, input_persistency=input_persistency)
    with reader_may_leave():
        present.show(page, form, output)
    raise click.exceptions.Exit(1 if page.verdict == "does_not_fit" else 0)
