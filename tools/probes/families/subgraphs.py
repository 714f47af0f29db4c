"""Nodes that carry a graph (If, Loop, Scan), and sequences."""

from __future__ import annotations

from onnx import TensorProto as T
from onnx import helper

from ..graphs import Probes

P = Probes()
one = P.one
S = (1, 16, 32, 32)


def value(name, shape, dtype=T.FLOAT):
    return helper.make_tensor_value_info(name, dtype, list(shape))


def IF(n, cond, batch=1):
    def branch(op, name, tensor):
        node = helper.make_node(op, [n.x], [tensor], name=f"bn{tensor[-1]}")
        return helper.make_graph([node], name, [], [value(tensor, (batch, *S[1:]))])

    return n.op("If", cond, then_branch=branch("Relu", "t", "by1"), else_branch=branch("Sigmoid", "e", "by2"))


one("if_const", lambda n: IF(n, n.const(True, "bool")))
one("if_in", lambda n: IF(n, n.data((), T.BOOL)))
one(
    "if_dyn",
    lambda n: n.out(IF(n, n.op("Squeeze", n.op("Greater", n.op("ReduceMean", n.x), n.const(0.0)))), shape=S),
)
one("if_erf", lambda n: n.op("Erf", IF(n, n.const(True, "bool"))))
one("if_b2", lambda n: n.op("ReduceSum", n.x), shape=(2, 3, 32, 32))
one("if_batch2", lambda n: IF(n, n.const(True, "bool"), batch=2), shape=(2, 3, 32, 32))
one("if_disc", lambda n: n.out(IF(n, n.const(True, "bool")), n.op("Relu", n.data((1, 3, 8, 8)))))


def LOOP(n):
    nodes = [
        helper.make_node("Identity", ["c"], ["co"], name="l0"),
        helper.make_node("Relu", ["a"], ["ao"], name="l1"),
    ]
    given = [value("i", (), T.INT64), value("c", (), T.BOOL), value("a", S)]
    body = helper.make_graph(nodes, "lb", given, [value("co", (), T.BOOL), value("ao", S)])
    return n.op("Loop", n.const(3, "int64"), n.const(True, "bool"), n.x, body=body)


one("loop", lambda n: n.out(LOOP(n), shape=S))


def SCAN(n):
    node = helper.make_node("Relu", ["e"], ["eo"], name="s1")
    body = helper.make_graph([node], "sb", [value("e", S[1:])], [value("eo", S[1:])])
    return n.op("Scan", n.x, body=body, num_scan_inputs=1)


one("scan", lambda n: n.out(SCAN(n), shape=S))


def sequence(n):
    return n.op("SequenceAt", n.op("SequenceConstruct", n.x, n.x), n.const(0, "int64"))


one("seq2", lambda n: n.out(sequence(n), shape=S))
one("seq_erf", lambda n: n.out(n.op("Erf", sequence(n)), shape=S))
