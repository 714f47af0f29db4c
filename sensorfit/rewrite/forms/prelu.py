"""PRelu."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW321", "PreluAsRelus", answers=("SF101",), ops=("PRelu",), proof="sampled", kind="rounding", units=1.0
)
def prelu(site: Site) -> Iterator[Draft]:
    """PRelu(x) = Relu(x) - slope Relu(-x).

    Of the two terms one is 0: x for x >= 0, slope x below, each rounded as PRelu rounds it. With one slope for all it is
    LeakyRelu.
    """
    x, slope = site.node.inputs
    if site.is_constant(slope) and all(d == 1 for d in site.shape(slope)):
        value = site.numbers(slope)
        if value:
            leaky = site.draft(form="LeakyRelu")
            yield leaky.gives(leaky.op("LeakyRelu", x, alpha=value[0]))
    draft = site.draft(form="Relu")
    below = draft.op("Mul", draft.op("Relu", draft.op("Neg", x)), slope)
    yield draft.gives(draft.op("Sub", draft.op("Relu", x), below))
