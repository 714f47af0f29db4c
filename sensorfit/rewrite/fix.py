"""``fix``: load, normalise, rewrite, prove, write, compare."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import onnx

from ..analysis import resolve
from ..errors import ConfigError
from ..graph import limits
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.write import write_model
from ..runtime.files import check_output, shown, umask
from ..target import Target
from . import run
from .compare import Disproved, compared, reference
from .declare import Rewrite, chosen
from .normalise import normalised
from .price import cheapest
from .proof import Proven, prove
from .raise_opset import at_opset
from .result import Applied, Change, Fixed, Way
from .same import key
from .settle import Settled, Step, settle
from .state import change_of, state_of, ways_of
from .store import data_of

MANY_NODES = 1000
"""The front end takes minutes for more."""


def fix(
    model: str | Path | onnx.ModelProto,
    output: str | Path | None,
    target: Target,
    *,
    approximate: bool = False,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    split_heads: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    explain: bool = False,
) -> Fixed:
    """The network of ``model`` in forms that the converter accepts, written to ``output`` (None: nowhere).

    ModelError for what cannot be read or rewritten, Disproved (exit code 3) where a proof fails: nothing is written then.
    """
    run.runtime()  # before any work
    source, entry = resolve(model)
    output = None if output is None else Path(output)
    if output is not None:
        check_output(output, [source] if isinstance(source, Path) else [], text=False)
    proto = source if isinstance(source, onnx.ModelProto) else limits.read_model(source)
    name = entry.name if entry else source.stem if isinstance(source, Path) else proto.graph.name or "model"
    where = str(source) if isinstance(source, Path) else name
    graph = load(source if isinstance(source, Path) else proto, name, input_shapes, proto=proto)
    start = normalised(at_opset(proto, graph, source, input_shapes), where)
    start = start.replace(
        name=proto.graph.name or name
    )  # the file's own, so that a second run writes the same
    domains = {o.domain: o.version for o in proto.opset_import if o.domain not in ("", "ai.onnx")}
    rewrites = chosen(only, skip, approximate=approximate, split_heads=split_heads)
    settled = settle(start, target, rewrites, cheapest(target, rewrites))
    applied = tuple(_proven(settled, target, rewrites, explain))
    difference = largest = 0.0
    with _scratch(output) as folder:
        made = folder / "fixed.onnx"
        _write(made, settled.graph, domains)
        if settled.steps:
            before = reference(source, start, lambda g: _write(folder / "before.onnx", g, domains))
            difference, largest = compared(before, made, start, settled)
        if output is not None:
            made.chmod(output.stat().st_mode & 0o777 if output.exists() else 0o666 & ~umask())
            made.replace(output)
    return Fixed(
        model=where,
        output=str(output or ""),
        before=state_of(start, target),
        after=state_of(settled.graph, target),
        rewrites=applied,
        remaining=settled.remaining,
        max_difference=difference,
        largest_output=largest,
        notes=tuple(_notes(settled)),
    )


def _proven(
    settled: Settled, target: Target, rewrites: tuple[Rewrite, ...], explain: bool
) -> Iterator[Applied]:
    """Every step with its proof and its price; equal ones are proven and priced once."""
    proofs: dict[str, Proven] = {}
    prices: dict[str, tuple[Change, tuple[Way, ...]]] = {}
    for step in settled.steps:
        which = key(step.rewrite, step.draft)
        if which not in proofs:
            proofs[which] = prove(step.rewrite, step.draft)
            prices[which] = (
                change_of(step, target, rewrites),
                ways_of(step, target, rewrites) if explain else (),
            )
        proven = proofs[which]
        if not proven.holds:
            raise _disproved(step, proven)
        price, ways = prices[which]
        yield Applied(
            rule=step.rewrite.id,
            name=step.rewrite.name,
            form=step.draft.form,
            answers=step.rewrite.answers,
            nodes=step.nodes,
            kind=proven.shown if step.rewrite.kind == "exact" else step.rewrite.kind,
            proof=proven.text,
            max_difference=proven.difference,
            price=price,
            alternatives=ways,
        )


def _disproved(step: Step, proven: Proven) -> Disproved:
    return Disproved(
        f"{step.rewrite.id} {step.rewrite.name} at '{step.nodes[-1]}' does not hold ({proven.text}; off by {proven.difference:.3g}): "
        f"nothing was written; leave it out with --skip {step.rewrite.name}, and report this"
    )


def _notes(settled: Settled) -> Iterator[str]:
    failed: dict[tuple[str, str], list[str]] = {}
    for failure in settled.failures:
        named = f"{failure.rewrite.id} {failure.rewrite.name}"
        failed.setdefault((named, failure.error), []).append(failure.node)
    for (named, error), nodes in failed.items():
        at = f"'{nodes[0]}'" + (f" and {len(nodes) - 1} more nodes" if len(nodes) > 1 else "")
        yield f"{named} could not be tried at {at} ({error}): left as it is there; please report this"
    count = len(settled.graph.nodes)
    if settled.steps and count > MANY_NODES:
        yield f"{count:,} nodes: the converter's front end takes minutes for a network of as many"


def _write(path: Path, graph: Graph, domains: Mapping[str, int]) -> Path:
    with path.open("wb") as file:
        write_model(file, graph, data_of, domains=domains)
    return path


@contextmanager
def _scratch(output: Path | None) -> Iterator[Path]:
    """A directory beside the output, so that the file moves there in one step; gone at the end."""
    try:
        folder = Path(
            tempfile.mkdtemp(prefix=".sensorfit-", dir=output.parent if output is not None else None)
        )
    except OSError as error:
        raise ConfigError(f"{shown(output)}: cannot be written ({error.strerror})") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
