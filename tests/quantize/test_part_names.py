"""Room for the parts of a grouped convolution's input.

MENet-108 (pytorchcv) has sixteen Muls, of which /Mul_1 goes into three groups: imx500-converter 3.19.2 stopped on the export ("expecting
nodes to have unique id's: List(/Mul_10, /Mul_11, /Mul_12)") and reported its memory once that one was renamed.
"""

from __future__ import annotations

import onnx
import pytest
from onnx import parser

from sensorfit.quantize.part_names import free_for_parts


def exported(groups: int, names: tuple[str, ...]) -> onnx.GraphProto:
    """Sums called ``names``, the first of them quantized and read by a convolution of ``groups``."""
    sums = "".join(f" s{i} = Add(x, x)" for i in range(len(names)))
    graph = parser.parse_graph(
        f"g (float[1,12,8,8] x) => (float[1,12,8,8] y) <float[12,4,1,1] w = {{0}}> "
        f"{{{sums} q = mct_quantizers.ActivationPOTQuantizer(s0) y = Conv <group = {groups}> (q, w) }}"
    )
    for node, name in zip(graph.node, names, strict=False):
        node.name = name
    return graph


@pytest.mark.parametrize(
    ("groups", "names", "first"),
    [
        (3, ("/Add_1", "/Add_12"), "/Add_1_"),
        (3, ("/Add_1", "/Add_13"), "/Add_1"),
        (3, ("/Add", "/Add_1"), "/Add"),
        (1, ("/Add_1", "/Add_10"), "/Add_1"),
        (3, ("/Add_1", "/Add_10", "/Add_1_2"), "/Add_1__"),
        (3, ("/Add_1", "/Add_10", "/Add_1_"), "/Add_1__"),
    ],
)
def test_only_what_would_be_called_as_a_part_makes_room(
    groups: int, names: tuple[str, ...], first: str
) -> None:
    graph = exported(groups, names)
    free_for_parts(graph)
    assert tuple(n.name for n in graph.node if n.op_type == "Add") == (first, *names[1:])
