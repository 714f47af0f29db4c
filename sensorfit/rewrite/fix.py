"""``fix``: load, bring into canonical form, cut, rewrite, prove, write, compare."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import onnx

from ..analysis import resolve
from ..errors import ModelError
from ..graph import limits
from ..graph.channels_last import channels_last
from ..graph.fold import allow
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.write import write_model
from ..report.phrases import slow_front_end
from ..target import Target
from ..verify.catalogue import find
from ..verify.engine import judged
from ..verify.finding import Finding, stopped_nodes
from . import run
from .applied import applied
from .canonical import canonical, random, uncomputed, without_data
from .class_numbers import cast_at_the_end
from .compare import Compared, compared, images_alone, joined, miscounted, reference
from .declare import Rewrite, answering, chosen
from .declare import rewrites as every
from .files import Files, put, sign
from .in_float32 import inputs_of_whole_numbers
from .leading_one import without_batch
from .proposal import Proposal, proposed
from .ready import Ready, ready
from .result import Cut, Fixed
from .state import state_of
from .store import data_of

COUNTED_SINCE = 19
"""The opset from which onnxruntime counts the last windows of a pooling with ceil_mode and count_include_pad as PyTorch does."""
FOLDED_BYTES = 4 << 30
"""What the file's own arithmetic on weights may take: standardised kernels and their steps are several copies of the network."""


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
    cut: Sequence[str] | None = None,
) -> Fixed:
    """The network of ``model`` in forms that the converter accepts, written to ``output`` (None: nowhere).

    ``cut`` leaves what lies behind these tensors (where it is empty, behind the operators that stay refused) to the host, as
    ``host.onnx`` beside ``output``. ModelError for what cannot be read or rewritten, Disproved (exit code 3) where a proof
    fails: nothing is written then.
    """
    run.runtime()  # before any work
    source, entry = resolve(model)
    files = Files.beside(None if output is None else Path(output), source, cut is not None)
    proto = source if isinstance(source, onnx.ModelProto) else limits.read_model(source)
    name = entry.name if entry else source.stem if isinstance(source, Path) else proto.graph.name or "model"
    where = str(source) if isinstance(source, Path) else name
    loaded = load(source if isinstance(source, Path) else proto, name, input_shapes, proto=proto)
    if missing := without_data(loaded):
        beside = loaded.absent.get(missing)
        raise ModelError(
            f"{where}: the data of '{missing}' is not there, and nothing is proven without the weights: "
            + (f"put {beside} beside the model" if beside else "take the file that holds them")
        )
    if wrong := uncomputed(loaded):
        raise ModelError(
            f"{where}: the kernel of '{wrong}' has other axes than its image, which is no valid ONNX: nothing is proven of what "
            "no runtime computes; give that image its batch axis (x[None] in PyTorch) and export again"
        )
    if drawn := random(loaded):
        raise ModelError(
            f"{where}: '{drawn}' draws random numbers, so no two runs are equal and nothing is proven: export the network "
            "without it (the mean in the place of a sample), or with the noise as a constant"
        )
    domains = {o.domain: o.version for o in proto.opset_import if o.domain not in ("", "ai.onnx")}
    rewrites = chosen(only, skip, approximate=approximate, split_heads=split_heads)

    def begun(keep_inputs: bool) -> tuple[Ready, Proposal]:
        prepared = ready(proto, loaded, source, input_shapes, keep_inputs=keep_inputs)
        if prepared.batch > 1 and not images_alone(source, prepared.graph, prepared.batch, prepared.turned):
            prepared = ready(proto, loaded, source, input_shapes, keep_batch=True, keep_inputs=keep_inputs)
        allow((t._constant for t in prepared.graph.tensors.values()), FOLDED_BYTES)
        # under the file's own name, so that a second run writes the same
        graph = prepared.graph.replace(name=proto.graph.name or name)
        return prepared, proposed(graph, where, target, rewrites, cut)

    prepared, proposal = begun(keep_inputs=cut is not None)
    no_host = cut is not None and (proposal.split is None or proposal.split.prepare is None)
    if (no_host and (inputs_of_whole_numbers(prepared.graph) or channels_last(prepared.graph))) or (
        cut is not None
        and proposal.split is None
        and (without_batch(prepared.graph) or cast_at_the_end(prepared.graph))
    ):  # nobody casts or reshapes them
        prepared, proposal = begun(keep_inputs=False)
    try:
        steps = tuple(applied(proposal.settled, proposal.prices, explain))
    except run.NotRun as error:
        raise ModelError(f"{where}: {error}") from None
    with files.scratch() as folder:

        def write(graph: Graph, file: str) -> Path:
            with (folder / file).open("wb") as made:
                write_model(made, graph, data_of, domains=domains)
            return folder / file

        # other floats round otherwise: what is rewritten is compared with the same network in float32
        original = None if prepared.retyped else source
        parts: dict[Path | None, Graph | None] = {}
        fixed = write(proposal.settled.graph, "fixed.onnx")
        seen = Compared()
        apart = ""
        try:
            if proposal.split is not None:
                parts = {files.prepare: proposal.split.prepare, files.host: proposal.split.host}
                whole = reference(
                    original, proposal.whole, write, prepared.batch, prepared.changed, prepared.turned
                )
                apart = joined(whole, proposal, write)
            before = (
                reference(None, proposal.start, write)
                if proposal.split
                else reference(
                    original, proposal.start, write, prepared.batch, prepared.changed, prepared.turned
                )
            )
            seen = compared(before, fixed, proposal.start, proposal.settled)
        except run.NotRun as error:
            said = f"onnxruntime does not compute the network ({error})"
            if steps or proposal.split:
                foreign = any(n.domain not in ("", "ai.onnx") for n in proposal.start.nodes)
                way = "; --cut leaves it to the host where nothing else follows" if foreign else ""
                raise ModelError(
                    f"{where}: {said}, so before and after cannot be compared: nothing was written{way}"
                ) from None
            seen = Compared(note=f"{said}: what was written is not compared with it")
        made: dict[Path | None, Path] = {
            to: write(g, to.name) for to, g in parts.items() if to is not None and g is not None
        }
        for part in made.values():
            if files.output is not None:
                sign(part, files.output)
        put({**made, files.output: fixed})
    on_the_way = 0 if split_heads else sum(_on_the_way(f) for f in proposal.settled.remaining)
    remaining = tuple(f for f in proposal.settled.remaining if split_heads or not _on_the_way(f))
    remaining += tuple(f for f in proposal.settled.findings if _of_input(f))
    return Fixed(
        model=where,
        output=str(output or ""),
        before=replace(
            state_of(
                proposal.whole if prepared.before is None else canonical(prepared.before, where), target
            ),
            refused=len(stopped_nodes(judged(loaded, target))),
        ),
        after=replace(
            state_of(proposal.settled.graph, target, found=proposal.settled.findings),
            refused=len({f.node for f in remaining if f.node}),
        ),
        rewrites=steps,
        remaining=remaining,
        max_difference=seen.difference,
        largest_output=seen.largest,
        notes=(
            *prepared.notes,
            *([apart] if apart else []),
            *(_of_miscounted(proposal.start) if loaded.opset < COUNTED_SINCE else ()),
            *_notes(proposal, cut, on_the_way, seen.note),
        ),
        cut=_cut(proposal, files),
        left_out=_left_out(remaining, rewrites),
    )


def _of_miscounted(start: Graph) -> Iterator[str]:
    if node := miscounted(start):
        yield (
            f"onnxruntime counts the last windows of '{node}' (ceil_mode with count_include_pad) wrongly below opset {COUNTED_SINCE}: "
            "before and after were compared at opset 20; the file as it is gives other numbers there"
        )


def _of_input(finding: Finding) -> bool:
    """Whether it is of the input, such as a batch that the network is made for: no operator, and refused all the same."""
    rule = find(finding.rule)
    return rule is not None and rule.of_input


def _on_the_way(finding: Finding) -> bool:
    """Whether MCT takes the operator apart on the way to the sensor."""
    return finding.support == "supported"


def _left_out(
    remaining: Iterable[Finding], rewrites: Sequence[Rewrite]
) -> Mapping[tuple[str, str], tuple[str, ...]]:
    others = [r for r in every() if r not in rewrites]
    refused = dict.fromkeys((f.rule, f.op) for f in remaining)
    found = {at: tuple(r.name for r in answering(*at, others)) for at in refused}
    return {at: names for at, names in found.items() if names}


def _cut(proposal: Proposal, files: Files) -> Cut | None:
    split = proposal.split
    if split is None:
        return None
    host, prepare = (
        "" if g is None or to is None else str(to)
        for g, to in ((split.host, files.host), (split.prepare, files.prepare))
    )
    return Cut(split.tensors, split.device.inputs, host, prepare, split.left)


def _for_example(node: str, graph: Graph) -> str:
    """The option that cuts ahead of the node, by the tensor that it reads; "" where that is an input or the node a rewrite's."""
    reads = (t for n in graph.nodes if n.name == node for t in graph.activations(n) if t not in graph.inputs)
    tensor = next(reads, "")
    return f": --cut {shlex.quote(tensor)}, for example" if tensor else ""


def _notes(proposal: Proposal, cut: Sequence[str] | None, on_the_way: int, seen: str) -> Iterator[str]:
    settled = proposal.settled
    if seen:
        yield seen
    if on_the_way:
        yield f"{on_the_way:,} products of several heads are left to MCT, which takes them apart in a build: the file itself is refused"
    if cut is not None and proposal.split is None:
        yield (
            f"not cut: '{min(proposal.stuck)}' stays refused ahead of operators with weights, which a cut would leave to the host; "
            f"name the tensors to cut at where that is what you want{_for_example(min(proposal.stuck), proposal.whole)}"
            if proposal.stuck
            else "not cut: no operator stays refused"
        )
    failed: dict[tuple[str, str], list[str]] = {}
    for failure in settled.failures:
        named = f"{failure.rewrite.id} {failure.rewrite.name}"
        failed.setdefault((named, failure.error), []).append(failure.node)
    for (named, error), nodes in failed.items():
        at = f"'{nodes[0]}'" + (f" and {len(nodes) - 1} more nodes" if len(nodes) > 1 else "")
        yield f"{named} could not be tried at {at} ({error}): left as it is there; please report this"
    if settled.steps and (slow := slow_front_end(len(settled.graph.nodes))):
        yield slow
