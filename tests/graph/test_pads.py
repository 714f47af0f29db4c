"""Which Pads are the padding of the convolution behind them."""

from __future__ import annotations

import pytest

from sensorfit.graph.load import load
from sensorfit.graph.lower import lower

from ..verify.text import model

NETWORK = (
    "(float[1,8,16,16] x) => (float[1,8,h,w] y{second}) <float[8,8,3,3] k, int64[8] p = {{{pads}}}, float v = {{{value}}}> "
    "{{ a = Sigmoid (x) b = Pad (a, p, v) y = Conv {attributes} (b, k) {behind} }}"
)
AROUND = "0, 0, 1, 2, 0, 0, 3, 4"


def lowered(
    pads: str = AROUND, value: str = "0.0", attributes: str = "", second: str = "", behind: str = ""
) -> dict[str, tuple[int, ...]]:
    """Each node of the device graph that pads, with its pads."""
    text = NETWORK.format(pads=pads, value=value, attributes=attributes, second=second, behind=behind)
    graph = lower(load(model(text), "padded"))
    return {n.op: tuple(n.attrs.get("pads", ())) for n in graph.nodes if n.op in ("Pad", "Conv")}


@pytest.mark.parametrize(
    ("attributes", "pads"),
    [("", (1, 2, 3, 4)), ("<pads = [1, 1, 2, 2]>", (2, 3, 5, 6)), ('<auto_pad = "VALID">', (1, 2, 3, 4))],
)
def test_zeros_that_one_convolution_reads_are_its_own(attributes: str, pads: tuple[int, ...]) -> None:
    assert lowered(attributes=attributes) == {"Conv": pads}


@pytest.mark.parametrize(
    "other",
    [
        {"value": "1.0"},
        {"attributes": '<auto_pad = "SAME_UPPER">'},
        {"second": ", float[1,8,h,w] z", "behind": "z = Relu (b)"},
    ],
    ids=["ones", "pads of its own by the size", "two readers"],
)
def test_others_are_a_step(other: dict[str, str]) -> None:
    assert "Pad" in lowered(**other)
