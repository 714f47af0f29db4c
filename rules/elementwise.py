"""Powers, hard sigmoids, Dropout."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.facts import attribute
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF108", "ElementwiseForm", OPERATORS, ops=("Pow", "HardSigmoid", "Dropout", "Clip"))
def elementwise(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A power, a hard sigmoid or a Dropout in a form the converter does not have.

    Pow exists for the exponents ${operators.operators.Pow.exponents}; HardSigmoid for a slope of
    ${operators.operators.HardSigmoid.alpha.0:.3g} (TensorFlow) or ${operators.operators.HardSigmoid.alpha.1:.3g} (torch) around ${operators.operators.HardSigmoid.beta.0}; Dropout only as the identity
    it is at inference.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { e = Constant <value = float {3.0}> () y = Pow (x, e) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { s = Mul (x, x) y = Mul (s, x) }

    Fix: write powers as products (x*x*x) and x**-0.5 as 1 / sqrt(x); use nn.Hardsigmoid (1/6); export after
    model.eval().
    """
    if node.op == "Pow":
        yield from _power(graph, node, facts)
    elif node.op == "HardSigmoid":
        for name in ("alpha", "beta"):
            value = attribute(node, name, facts)
            if not any(math.isclose(value, v, rel_tol=_ROUNDING) for v in facts[name]):
                allowed = (
                    "alpha values of: [1/5 (tf), 1/6 (torch)]" if name == "alpha" else "beta value of 1/2"
                )
                yield Issue(
                    f"can only support {allowed}",
                    "use nn.Hardsigmoid (slope 1/6), or write clip(a*x + b, 0, 1) with Mul, Add and Clip",
                    f"{name} = {value:g}",
                )
    elif node.op == "Clip" and "lowest" in facts:
        lowest = graph.numbers(node.input(1)) if node.input(1) else ()
        if lowest is not None and not (len(lowest) and lowest[0] in facts["lowest"]):
            yield Issue(
                f"low: Supported values: {facts['lowest']}",
                "shift the values with Add before and after, or use Relu where nothing below 0 is needed",
                f"low = {lowest[0]:g}" if len(lowest) else "no lower bound",
            )
    elif node.op == "Dropout":
        flag = graph.numbers(node.input(2)) if node.input(2) else None
        if flag is not None and len(flag) and flag[0]:
            yield Issue("Received op in training mode", "call model.eval() before the export")
        for output in node.outputs[1:]:
            if output:
                yield Issue(
                    "Output mask tensor connected to another node is not supported",
                    "drop the mask output: at inference it is all ones",
                    output,
                )


_ROUNDING = 1e-5
"""float32 attributes against decimal literals."""


def _power(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    exponent = node.input(1)
    if graph.shape(exponent) != () or not graph.is_constant(exponent):
        return  # SF104
    values = graph.numbers(exponent)
    if values is None:
        yield Issue.unknown(
            "the exponent's value is not in the file", "keep the constant in the file and check again"
        )
    elif float(values[0]) not in facts["exponents"]:
        yield Issue(
            f"exponent: Supported values: {facts['exponents']}",
            "write the power as products (x*x*x for 3), or 1 / sqrt(x) for -0.5",
            f"exponent {float(values[0]):g}",
        )
