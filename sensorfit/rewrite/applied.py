"""Every step of a settled graph with its proof and its price."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .compare import Disproved
from .price import Prices
from .proof import Proven, prove
from .result import Applied
from .run import NotRun
from .same import key
from .settle import Settled, Step
from .state import change_of, ways_of


def applied(settled: Settled, prices: Prices, explain: bool) -> Iterator[Applied]:
    """Every step, proven; Disproved for one that does not hold, NotRun for one that onnxruntime cannot be asked about.

    Equal ones are proven and priced once.
    """
    proofs: dict[str, Proven] = {}
    for step in settled.steps:
        which = key(step.rewrite, step.draft)
        if which not in proofs:
            proofs[which] = _proven(step)
        proven = proofs[which]
        if not proven.holds:
            raise _disproved(step, proven)
        yield Applied(
            rule=step.rewrite.id,
            name=step.rewrite.name,
            form=step.draft.form,
            answers=step.rewrite.answers,
            nodes=step.nodes,
            kind=proven.shown if step.rewrite.kind == "exact" else step.rewrite.kind,
            proof=proven.text,
            max_difference=proven.difference,
            alternatives=ways_of(step, prices) if explain else (),
            priced=partial(change_of, step, prices),
        )


def _proven(step: Step) -> Proven:
    try:
        return prove(step.rewrite, step.draft)
    except NotRun as error:
        raise NotRun(
            f"onnxruntime does not compute '{step.nodes[-1]}' ({error}), so {step.rewrite.id} {step.rewrite.name} cannot be proven "
            f"there: nothing was written; change the node, or leave the rewrite out with --skip {step.rewrite.name}"
        ) from None


def _disproved(step: Step, proven: Proven) -> Disproved:
    return Disproved(
        f"{step.rewrite.id} {step.rewrite.name} at '{step.nodes[-1]}' does not hold ({proven.text}; off by {proven.difference:.3g}): "
        f"nothing was written; leave it out with --skip {step.rewrite.name}, and report this"
    )
