"""Groups of nodes that the toolchain replaces."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph
from sensorfit.graph.patterns import recognise
from sensorfit.target import Target
from sensorfit.verify.facts import operators
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Issue, rule


@rule("SF121", "ErfGelu", OPERATORS, "graph")
def erf_gelu(graph: Graph, target: Target) -> Iterator[Issue]:
    """A GELU spelled out with Erf: judged as the one Gelu that the toolchain makes of it.

    torch.onnx.export below opset 20 writes nn.GELU as Div, Erf, Add, Mul, Mul.
    The converter knows no Erf and refuses that float graph. On the deployable
    toolchain (Sony's MCT, exported at opset 20) the same module becomes one Gelu,
    which is accepted; so the pattern counts as accepted, and this warning says
    what happens when the float file is handed over as it is. Converter 3.14.3 knows
    no Gelu either: there the pattern is refused.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) <float r = {1.4142135}, float one = {1.0}, float half = {0.5}>
        { a = Div (x, r) b = Erf (a) c = Add (b, one) d = Mul (x, c) y = Mul (d, half) }

    Passes:
        <opset_import: ["" : 20]>
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Gelu <approximate = "none"> (x) }

    Fix: nothing for sensorfit build (nn.GELU in torch); to convert the float file itself, export at
    opset 20.
    """
    gelu = operators(target)["Gelu"]
    for match in recognise(graph):
        if match.kind == "Gelu" and match.form == "erf":
            erf = next(n for n in match.nodes if n.op == "Erf")
            if gelu["support"] == "unsupported":
                probes = tuple(gelu["probes"])
                yield Issue(
                    "The network contains unsupported ops: Erf",
                    gelu["fix"],
                    code="USOP",
                    node=erf,
                    probes=probes,
                )
                continue
            yield Issue.accepted(
                "GELU spelled out with Erf: MCT exports it as one Gelu, which is accepted; the raw float graph is refused for Erf",
                "keep nn.GELU and go through sensorfit build; to hand the float file over, export it at opset 20",
                f"pattern of {len(match.nodes)} nodes",
                code="USOP",
                node=erf,
                probes=("act_gelu_erf", "gelu_none"),
            )
