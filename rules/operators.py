"""Operators the converter does not have, those that crash it, and those nobody has asked it about."""

from __future__ import annotations

from collections.abc import Iterator

from onnx import defs

from sensorfit.graph.ir import Graph, Node
from sensorfit.graph.patterns import recognise
from sensorfit.graph.shapes import schema_for
from sensorfit.target import Target
from sensorfit.verify.facts import operators, reading
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF101", "UnsupportedOperator", OPERATORS, ops="*")
def unsupported(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """The converter does not have this operator.

    The front end lists every operator it does not know and stops: the code is
    USOP, and no other complaint is shown until the last of them is gone. Each
    of these operators was put to it in a one-operator graph.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Elu (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = HardSwish (x) }

    Fix: replace the operator by an accepted one; the finding names the nearest and what it costs. An activation that
    is replaced wants a short fine-tuning.
    """
    refused = facts.get("support") == "unsupported" and not facts.get("crashes")
    if refused and not node.domain and not _rewritten(graph, node):
        reason = f"The network contains unsupported ops: {node.op}"
        yield Issue(reason, facts.get("fix", _FALLBACK), code="USOP")


_FALLBACK = "express it with supported operators (docs/operators.md lists them), or compute it on the host before or after the network"


def _in_opset(op: str, opset: int) -> bool:
    """Whether ONNX defines ``op`` at ``opset``, not deprecated."""
    newest = defs.onnx_opset_version()
    schema, last = schema_for(op, opset or newest, ""), schema_for(op, newest, "")
    # GroupNormalization of opset 18 is marked deprecated since onnx 1.18, which corrects it in opset 21
    return schema is not None and not (schema.deprecated and (last is None or last.deprecated))


def _rewritten(graph: Graph, node: Node) -> bool:
    """Whether the toolchain makes one operator of this Erf and its neighbours (SF121)."""
    return node.op == "Erf" and any(m.fused and node in m.nodes for m in recognise(graph))


@rule("SF102", "UnknownOperator", OPERATORS, ops="*")
def unknown(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """Nobody has asked the converter about this operator.

    An operator without a probe, or one of a custom domain, is neither called
    supported nor unsupported: absence of evidence is not a verdict. The model's
    verdict is then "unknown" at best.

    Fails:
        <opset_import: ["" : 17, "my.domain" : 1]>
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = my.domain.Blur (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x) }

    Fix: run sensorfit check --confirm (extra "build"), which asks the real converter; or use an operator of
    docs/operators.md.
    """
    fix = "run sensorfit check --confirm, which asks the real converter (extra 'build'), or use an operator of docs/operators.md"
    if node.domain:
        known = facts.get("namesake") == "supported"
        yield Issue.unknown(
            f"operator of the custom domain '{node.domain}': not known what the converter does with it",
            fix,
            code="" if known else "USOP",
            probes=("custom",),
        )
    elif not facts and _in_opset(node.op, graph.opset):
        yield Issue.unknown("no probe has asked the converter about this operator", fix)


@rule("SF103", "ControlFlow", OPERATORS, "graph", stage="file")
def unreadable(graph: Graph, target: Target) -> Iterator[Issue]:
    """The converter crashes on control flow and sequences.

    If, Loop and Scan carry a graph as an attribute, which the front end cannot
    read, and it knows no sequence values: it ends with an exception (EXEC)
    before it looks at anything else.

    Fails:
        (bool b, float[1,16,32,32] x) => (float[1,16,32,32] y)
        { y = If (b) <then_branch = t () => (float[1,16,32,32] p) { p = Relu (x) },
                      else_branch = e () => (float[1,16,32,32] q) { q = Abs (x) }> }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Relu (x) }

    Fix: make the graph static: export with fixed shapes and the branch decided (torch.jit.trace, not script), unroll
    loops with a fixed trip count, replace a sequence by Split and Concat.
    """
    fix = "export a static graph: trace instead of script, decide branches before the export, unroll loops, replace sequences by Split and Concat"
    rows, read = operators(target), reading(target)
    for node in (n for n in graph.nodes if not n.domain):
        facts = rows.get(node.op, {})
        if facts.get("crashes") or any(a not in node.attrs for a in facts.get("crashes_without", ())):
            reason = "the converter crashes reading this operator"
            yield Issue(reason, facts.get("fix", fix), code="EXEC", node=node)
        elif not _in_opset(node.op, graph.opset):
            yield Issue(
                "the operator is not part of the graph's opset: the file fails ONNX's own check",
                f"export again with an opset from {read['export_opset']} to {read['opsets'][1]} and a current exporter",
                f"opset {graph.opset}",
                code="EXEC",
                node=node,
            )
