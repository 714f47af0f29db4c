"""``sensorfit evaluate``."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import click

from . import complete
from .options import channel_values
from .waiting import several, waiting

PATH = click.Path(path_type=Path)


# fmt: off
@click.command(name="evaluate")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...", shell_complete=complete.model)
@click.option("--data", type=PATH, required=True, metavar="ANN|DIR", help="COCO or LVIS JSON, or a folder of `data demo` (its test split).")
@click.option("--images", type=PATH, metavar="DIR", help="Folder of the images.  [default: images beside ANN]")
@click.option("--protocol", type=click.Choice(["picosam", "image", "coco"]), default="picosam", show_default=True, help="picosam: in the crop; image: in the whole image too; coco: and COCO's segm AP.")
@click.option("--crop", "cut", type=click.Choice(["picosam", "sensor", "whole"]), default="picosam", show_default=True, help="How crops are cut; whole: not at all.")
@click.option("--baselines/--no-baselines", default=True, show_default=True, help="Filled box, ellipse and GrabCut in the same table.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Evaluate N instances at random.")
@click.option("--mean", callback=channel_values, metavar="R,G,B", help="Normalise before an ONNX graph that does not itself, on RGB in [0, 1].")
@click.option("--std", callback=channel_values, metavar="R,G,B", help="The standard deviation, with --mean.")
@click.option("--threads", type=click.IntRange(0), default=0, metavar="N", help="Threads of onnxruntime.  [default: one per core]")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Models at a time, each in a process of its own.")
@click.option("--scheduler", metavar="local|tcp://...", help="Run them on a Dask cluster (extra 'cluster').")
@click.option("--format", "form", type=click.Choice(["console", "markdown", "html", "json"]), help="Output format.  [default: that of the file's name, else console]")
@click.option("--output", type=PATH, metavar="FILE", help="Write to FILE instead of standard output.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of --limit and of the bootstrap.")
def command(models: tuple[str, ...], data: Path, images: Path | None, protocol: str, cut: str, baselines: bool, limit: int | None, mean: tuple[float, ...] | None, std: tuple[float, ...] | None, threads: int, workers: int, scheduler: str | None, form: str | None, output: Path | None, seed: int) -> None:
    """Measure models on annotated crops: mIoU, the papers' threshold average, AP; each beside the first.

    A MODEL is an ONNX file (float, or INT8 from `build`), a build's folder, a checkpoint FILE.pt, or a built-in name.

    \b
    Examples:
      sensorfit evaluate out/float.onnx out/int8.onnx --data instances_val2017.json --images val2017 --limit 5000
      sensorfit evaluate picosam3 --data demo-data --protocol coco --format markdown
      sensorfit evaluate runs/*/model.pt --data demo-data --workers 4
      sensorfit evaluate picosam2 picosam3 --data demo-data --output evaluation.html
    """
    from ..render.evaluation import FORMATS, as_html
    from ..render.outputs import form_of
    from ..runtime.files import check_output, write_text
    from ..vision.baselines import BASELINES
    from ..vision.coco import read_instances, resolve
    from ..vision.needs import DATA, need_extra

    form = form_of(form, str(output) if output else None, tuple(FORMATS))
    need_extra(DATA, "an evaluation")
    if output is not None:
        check_output(output, models)
    annotations, folder = resolve(data, images, "test")
    found = read_instances(annotations, folder)
    normalise = (mean or (), std or ())
    asked = " ".join(map(str, (annotations, limit or "", protocol, workers)))
    with waiting("evaluate", several(models), key=asked) as count, ExitStack() as stack:
        from ..sweep.pools import pool_for
        from ..vision.elsewhere import Elsewhere, elsewhere
        from ..vision.evaluate import evaluate, prepare  # torch, once the data is there
        from ..vision.predict import Predictor, predictor

        named: list[tuple[str, Predictor]]
        if scheduler is None and workers == 1:
            named = [(m, predictor(m, *normalise, threads, count.advance)) for m in models]
        else:
            executor, _ = stack.enter_context(pool_for(scheduler, workers))
            each = threads or max(1, (os.cpu_count() or 1) // workers)
            named = [(m, elsewhere(executor, m, *normalise, each, count.advance)) for m in models]
        prepared = prepare(found, limit, seed, cut, named[0][1].size)
        count.total = len(models) * len(prepared.crops)
        for _, model in named:
            if isinstance(model, Elsewhere):
                model.begin(prepared.crops)
        results = evaluate(named, prepared, protocol, tuple(BASELINES) if baselines else ())
    for line in found.summary():
        click.echo(line, err=True)
    rows, about = [(r.name, r.figures) for r in results], {"data": annotations.name, "protocol": protocol, "crop": cut}
    if form == "html":
        from ..vision.beside import least_exact, masks_beside

        text = as_html(rows, about, masks_beside(results, prepared), least_exact(models, prepared, *normalise))
    else:
        text = FORMATS[form](rows, about)
    if output is not None:
        write_text(output, text)
    else:
        click.echo(text, nl=False)
