"""What is done to the graph that MCT exports."""

from __future__ import annotations

from onnx import parser

from sensorfit.quantize.ptq import own_constants


def test_every_use_of_a_shared_constant_gets_its_own() -> None:
    graph = parser.parse_graph("""g (float[1,2] x) => (float[1,2] y) <float[2,2] w = {1.0, 2.0, 3.0, 4.0}> {
        v = Identity(w) a = MatMul(x, w) b = MatMul(a, v) y = Identity(b) }""")
    own_constants(graph)
    assert [(node.op_type, *node.input) for node in graph.node] == [
        ("MatMul", "x", "w"),
        ("MatMul", "a", "v"),
        ("Identity", "b"),
    ]
    assert [(c.name, list(c.dims), list(c.float_data)) for c in graph.initializer] == [
        ("w", [2, 2], [1, 2, 3, 4]),
        ("v", [2, 2], [1, 2, 3, 4]),
    ]
