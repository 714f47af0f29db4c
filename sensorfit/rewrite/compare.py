"""The whole network before and after, in onnxruntime, on random and extreme inputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from onnx import ModelProto

from ..errors import ToolchainError
from ..graph.ir import Graph
from ..graph.write import written_to
from ..numerics.difference import Seen, difference, largest_value, units_of_largest, where_finite
from ..numerics.own_rounding import within
from .channels_first import TakesLast
from .opset import raised
from .proof import contrast, sample
from .proposal import Proposal
from .run import NotRun, Runner
from .settle import Settled
from .store import data_of

RUNS: Final = 3
AT_A_TIME: Final = 2
"""Of these, where an input takes at most ``SMALL`` bytes: each holds its activations."""
SMALL: Final = 4 << 20
UNITS: Final = 256.0
"""Units of float32 at an output's largest value that another order of the same sums may make in a deep network."""


class Disproved(ToolchainError):
    """A rewrite is not what it says: nothing was written."""


class OneOfBatch:
    """A network of several images, asked about one: the others are random, so that one which looks at them differs."""

    def __init__(self, runner: Runner, batch: int, place: int = 0) -> None:
        self._runner, self._batch, self._place = runner, batch, place

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """The outputs of the image at its place."""
        whole = {}
        rng = np.random.default_rng(crc32(b"".join(image.tobytes() for image in feeds.values())))
        for name, image in feeds.items():
            images = [sample(rng, image.shape, image.dtype.name, 1) for _ in range(self._batch)]
            images[self._place] = image
            whole[name] = np.concatenate(images)
        return [made[self._place : self._place + 1] for made in self._runner(whole)]


class AsWritten:
    """A network asked for some of its outputs in the shape and the type that they have in the result, with the same numbers."""

    def __init__(self, runner: Runner, changed: Collection[str], result: Graph) -> None:
        self._runner, self._changed, self._result = runner, changed, result

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """The outputs, in their order."""
        result = self._result
        return [
            a.reshape([d or 1 for d in result.shape(n) or ()]).astype(result.tensors[n].dtype)
            if n in self._changed
            else a
            for n, a in zip(result.outputs, self._runner(feeds), strict=True)
        ]


Run = Runner | OneOfBatch | AsWritten | TakesLast


def images_alone(source: Path | ModelProto, one: Graph, batch: int, turned: Collection[str] = ()) -> bool:
    """Whether a network of several images treats each as ``one`` does: asked about the first and the last of a batch.

    The others are random. A recurrence over the first axis, whose first step knows of no other, differs at the last.
    """
    feeds = [_feeds(one, 1)]

    def of_batch() -> list[list[np.ndarray]]:
        runner = Runner(source if isinstance(source, Path) else source.SerializeToString())
        at = (TakesLast(OneOfBatch(runner, batch, place), turned) for place in (0, batch - 1))
        return [made for run in at for made in _outputs(run, feeds)]

    try:
        asked = of_batch()  # before the other is loaded: each holds the weights
        with TemporaryDirectory(prefix="sensorfit-") as folder:
            alone = Path(folder) / "one.onnx"
            written_to(alone, raised(one) or one, data_of)
            (made,) = _outputs(Runner(alone), feeds)
    except NotRun:
        return False
    return all(_alike(whole, made) for whole in asked)


def _alike(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    if any(a.shape != b.shape for a, b in zip(first, second, strict=True)):
        return False
    other = [where_finite(a, b.astype(a.dtype)) for a, b in zip(first, second, strict=True)]
    return units_of_largest(first, other) <= UNITS


class Compared(NamedTuple):
    """The largest difference of the outputs, their largest value, and what could not be compared ("" where all was)."""

    difference: float = 0.0
    largest: float = 0.0
    note: str = ""


def compared(before: Callable[[], Run], after: Path, start: Graph, settled: Settled) -> Compared:
    """The outputs before and after; Disproved where they differ by more than the rewrites state, NotRun where that cannot be asked."""
    feeds = [_feeds(start, run) for run in range(RUNS)]
    first = _outputs(before(), feeds)  # one after the other: each holds the weights
    try:
        second = _outputs(Runner(after), feeds)
    except NotRun as error:
        raise Disproved(
            f"onnxruntime computes the network and not what was made of it ({error}): nothing was written; report this"
        ) from None
    approximate = any(s.rewrite.kind == "approximate" for s in settled.steps)
    allowed = UNITS + sum(s.rewrite.units for s in settled.steps)
    worst = largest = 0.0
    seen = Seen()
    for run, (one, other) in enumerate(zip(first, second, strict=True)):
        seen.count(one)
        other = [where_finite(a, b) for a, b in zip(one, other, strict=True)]
        apart = difference(one, other)
        worst = max(worst, apart)
        largest = max(largest, *map(largest_value, one))
        if (
            apart
            and not approximate
            and not within(units_of_largest(one, other), allowed, before, feeds[run])
        ):
            raise Disproved(_differs(settled, apart, run))
    note = (
        f"{seen.cells - seen.numbers:,} of {seen.cells:,} output values are no numbers in the original, on {RUNS} random inputs: "
        "these were not compared"
        if seen.numbers < seen.cells
        else ""
    )
    return Compared(worst, largest, note)


def _differs(settled: Settled, apart: float, run: int) -> str:
    names = ", ".join(dict.fromkeys(f"{s.rewrite.id} {s.rewrite.name}" for s in settled.steps))
    if not names:
        return (
            f"the network as it was read differs from the file by {apart:.3g} on input {run} of {RUNS}: nothing was written; "
            "export it again at opset 17, and report this"
        )
    return (
        f"the rewritten network differs from the original by {apart:.3g} on input {run} of {RUNS}, more than its rewrites "
        f"({names}) may: nothing was written; leave one out with --skip, and report this"
    )


def reference(
    source: object,
    start: Graph,
    write: Callable[[Graph, str], Path],
    batch: int = 1,
    changed: Collection[str] = (),
    turned: Collection[str] = (),
) -> Callable[[], Run]:
    """The network before: the file itself, or ``start`` written anew where onnxruntime cannot be asked about the file.

    A file of several images a batch is asked about the first of a batch, the others at random. ``changed``: outputs that
    have another shape or type in ``start`` than in the file, and the same numbers. ``turned``: images with their channels last
    in the file.
    """
    trap = bool(miscounted(start))

    def made() -> Run:
        if isinstance(source, Path) and not trap:
            try:
                runner = Runner(source)
            except (
                NotRun
            ):  # an opset or an operator that it does not know; what load made of it is what counts
                runner = None
            if runner is not None and set(start.inputs) <= set(runner.inputs):
                asked: Run = runner if batch == 1 else OneOfBatch(runner, batch)
                asked = AsWritten(runner, changed, start) if changed else asked
                return TakesLast(asked, turned) if turned else asked
        return Runner(write(raised(start) or start, "before.onnx"))

    return made


def miscounted(graph: Graph) -> str:
    """The first pooling whose last windows onnxruntime counts wrongly below opset 19; "" where none is."""
    return next(
        (
            n.name
            for n in graph.nodes
            if n.op == "AveragePool" and n.attrs.get("ceil_mode") and n.attrs.get("count_include_pad")
        ),
        "",
    )


def joined(before: Callable[[], Run], proposal: Proposal, write: Callable[[Graph, str], Path]) -> str:
    """ "", or why the parts were not run; Disproved where the parts of a cut, one after the other and not yet rewritten, are not the network that ``before`` is.

    With what the rewritten part then differs by, decoding may decide otherwise where it decides at all: which of two equal
    boxes comes first is no error of a rewrite.
    """
    split = proposal.split
    assert split is not None
    left = [n for part in (split.prepare, split.host) if part is not None for n in part.nodes]
    try:
        whole = before()
    except NotRun as error:
        if not any(n.domain not in ("", "ai.onnx") for n in left):
            raise
        return f"the host's part has the nodes of the file and was not run: onnxruntime does not compute it ({error})"
    feeds = [_feeds(proposal.whole, run) for run in range(RUNS)]
    inputs = [dict(known) for known in feeds]
    first = [dict(zip(proposal.whole.outputs, outputs, strict=True)) for outputs in _outputs(whole, feeds)]
    del whole
    for part in (split.prepare, proposal.start, split.host):
        if part is None:
            continue
        runner = Runner(write(raised(part) or part, "part.onnx"))
        for known, outputs in zip(feeds, _outputs(runner, feeds), strict=True):
            known.update(zip(runner.outputs, outputs, strict=True))
    for run, (one, other) in enumerate(zip(first, feeds, strict=True)):
        a = [*one.values()]
        b = [where_finite(x, other[n]) for n, x in one.items()]
        if difference(a, b) and not within(units_of_largest(a, b), UNITS, before, inputs[run]):
            raise Disproved(
                f"the network taken apart at {', '.join(map(repr, split.tensors))} differs from the original by {difference(a, b):.3g} "
                f"on input {run} of {RUNS}: nothing was written; name other tensors (--cut TENSOR,...), and report this"
            )
    return ""


def _outputs(runner: Run, feeds: list[dict[str, np.ndarray]]) -> list[list[np.ndarray]]:
    """What it makes of each, several at a time: each run has one thread, so that the sums are those of any machine."""
    large = any(array.nbytes > SMALL for array in feeds[0].values())
    with ThreadPoolExecutor(1 if large else min(AT_A_TIME, os.cpu_count() or 1)) as threads:
        # copies: an array of onnxruntime keeps the memory of its session alive, weights and all
        return [*threads.map(lambda f: [a.copy() for a in runner(f)], feeds)]


def _feeds(start: Graph, run: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(run)
    found = {}
    for name in start.inputs:
        tensor = start.tensors[name]
        shape = tuple(d or 1 for d in tensor.shape or ())
        assert prod(shape)
        found[name] = sample(rng, shape, tensor.dtype, run, contrast(start))
    return found
